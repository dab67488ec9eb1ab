// The name of an error of the system, also of one that Node has no name for.

import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { errnoOf } from '../../../src/domain/errors.ts';

describe('the errno of a failure', () => {
  it.each([
    ['ENOSPC', { code: 'ENOSPC', errno: -constants.errno.ENOSPC }],
    ['ESTALE', { code: 'UNKNOWN', errno: -constants.errno.ESTALE }],
    ['EDQUOT', { code: 'Unknown system error -122', errno: -constants.errno.EDQUOT }],
    [null, { code: 'UNKNOWN', errno: -99_999 }],
    [null, { code: 'ERR_INVALID_ARG_TYPE' }],
    [null, new Error('nothing of the system')],
    [null, null],
  ])('is %s', (name, error) => {
    expect(errnoOf(error)).toBe(name);
  });
});

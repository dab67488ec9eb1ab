// Names and messages may hold anything: none of it may end the script that carries the report.

import { describe, expect, test } from 'vitest';
import { escapeMarkup, jsonForScript } from '../../../src/report/html.ts';
import { HOSTILE, hostile } from '../../fixtures/report/troubled.ts';

describe('jsonForScript', () => {
  test('cannot close the script, open a comment or end a line, and reads back the same', () => {
    const json = jsonForScript(hostile());
    expect(json).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(hostile())));
  });
});

test('escapeMarkup leaves no character that begins markup or ends an attribute', () => {
  expect(escapeMarkup(HOSTILE)).not.toMatch(/[<>"']/);
  expect(escapeMarkup('a<b>&')).toBe('a&#60;b&#62;&#38;');
});

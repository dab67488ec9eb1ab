// An SFTP URL: what is read from it, what is refused, and that no message repeats a password.

import { describe, expect, test } from 'vitest';
import { HeisenwriteError } from '../../../src/domain/errors.ts';
import { parseSftpUrl } from '../../../src/medium/sftp-place.ts';

function refusalOf(url: string): HeisenwriteError {
  try {
    parseSftpUrl(url);
  } catch (error) {
    if (error instanceof HeisenwriteError) return error;
    throw error;
  }
  throw new Error(`${url} was not refused`);
}

describe('the URL of an SFTP place', () => {
  test.each([
    ['sftp://host/srv/data', { host: 'host', port: null, user: null, directory: '/srv/data' }],
    ['sftp://me@Host:2222/srv/', { host: 'host', port: 2222, user: 'me', directory: '/srv' }],
    ['sftp://host/', { host: 'host', port: null, user: null, directory: '' }],
    ['sftp://[::1]:22/x@y', { host: '::1', port: 22, user: null, directory: '/x@y' }],
    ['sftp://a%40b@h/50%25%20%23', { host: 'h', port: null, user: 'a@b', directory: '/50% #' }],
    ['sftp://10.0.0.1:22/a:b@c', { host: '10.0.0.1', port: 22, user: null, directory: '/a:b@c' }],
  ])('%s', (url, place) => {
    expect(parseSftpUrl(url)).toEqual(place);
  });

  test.each([
    'sftp://me:hunter2@host/x',
    'sftp://me:hunter2@@host/x',
    'sftp://me:@host/hunter2',
    'sftp://:hunter2@host/x',
    'sftp://me:hunter2/more@host/x',
    'sftp://me:hunter2%zz@host/x',
    'sftp://me:hunter2@host:bad/x',
  ])('a password is refused and not repeated: %s', (url) => {
    const refused = refusalOf(url);
    expect(refused.code).toBe('invalid-place');
    expect(refused.message).toContain('password');
    expect(refused.message + refused.remedy + refused.stack).not.toContain('hunter2');
  });

  test.each([
    'sftp://',
    'sftp:///srv',
    'sftp://host',
    'sftp:host/x',
    'sftp://host:0/x',
    'sftp://host:99999/x',
    'sftp://-oProxyCommand=x/x',
    'sftp://host/x?y=z',
    'sftp://host/x#y',
    'sftp://host/%00',
    'sftp://host/%zz',
  ])('%s is no place', (url) => {
    const refused = refusalOf(url);
    expect(refused.code).toBe('invalid-place');
    expect(refused.message).toContain('sftp://user@host');
  });
});

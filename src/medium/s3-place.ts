// The URL of an S3 place. It names a bucket and where the endpoint is, never who asks: one with a
// key in it is refused, and as anything unexpected may be a secret, no message repeats any of it.

import { HeisenwriteError } from '../domain/errors.ts';

export const S3_EXAMPLE = 's3://bucket/prefix?endpoint=http://host:port&region=R&path-style=true';

export interface S3Place {
  readonly bucket: string;
  /** What every key begins with: empty, or with a slash at its end. */
  readonly prefix: string;
  /** Null where the SDK finds it: AWS itself, AWS_ENDPOINT_URL_S3, the profile. */
  readonly endpoint: string | null;
  /** Null where the SDK finds it: AWS_REGION, the profile. */
  readonly region: string | null;
  /** http://host/bucket/key, or http://bucket.host/key. */
  readonly pathStyle: boolean;
}

const PARAMETERS: readonly string[] = ['endpoint', 'region', 'path-style'];

/**
 * `path-style` is true by default where an endpoint is given, since few servers other than AWS
 * answer to a host name of each bucket.
 * @throws HeisenwriteError `invalid-place`
 */
export function parseS3Url(url: string): S3Place {
  const { bucket, pathname, parameters } = split(url);
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name) || parameters.getAll(name).length > 1) {
      throw refusal(`after the ? it takes ${PARAMETERS.join(', ')}, each once, and nothing else`);
    }
  }
  const region = parameters.get('region');
  if (region !== null && !/^[a-z][a-z0-9-]{0,31}$/.test(region)) {
    throw refusal('its region has no such name');
  }
  const style = parameters.get('path-style');
  if (style !== null && style !== 'true' && style !== 'false') {
    throw refusal('path-style is true or false');
  }
  const endpoint = endpointOf(parameters.get('endpoint'));
  const pathStyle = style === null ? endpoint !== null : style === 'true';
  return { bucket, prefix: prefixOf(pathname), endpoint, region, pathStyle };
}

function split(url: string) {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw refusal('it cannot be read');
  }
  if (parsed.username || parsed.password || /^s3:\/\/[^/?#]*@/i.test(url)) {
    throw refusal('a key or a user stands before its bucket', {
      remedy: 'leave it out: AWS_ACCESS_KEY_ID and the like, profiles and SSO are used',
    });
  }
  if (parsed.hash) throw refusal('a # of a name is written as %23');
  // The bucket as written: some servers have bucket names with upper case or an underscore.
  const bucket = /^s3:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(bucket)) {
    throw refusal('it names no bucket');
  }
  return { bucket, pathname: parsed.pathname, parameters: parsed.searchParams };
}

function prefixOf(pathname: string): string {
  let path: string;
  try {
    path = decodeURIComponent(pathname).replace(/^\/|\/+$/g, '');
  } catch {
    throw refusal('its prefix cannot be read');
  }
  // Two slashes are two levels in S3, but no path below such a root would find the middle one.
  if (/\0|\/\//.test(path)) throw refusal('its prefix has an empty part');
  return path === '' ? '' : `${path}/`;
}

function endpointOf(text: string | null): string | null {
  if (text === null) return null;
  let parsed: URL;
  try {
    parsed = new URL(text);
  } catch {
    throw refusal('its endpoint cannot be read');
  }
  const { protocol, username, password, search, hash } = parsed;
  if (username || password) throw refusal('a key or a user stands in its endpoint');
  if (protocol !== 'http:' && protocol !== 'https:') throw refusal('its endpoint is not http(s)');
  if (search || hash) throw refusal('its endpoint has a ? or #');
  return parsed.href.replace(/\/+$/, '');
}

function refusal(because: string, options?: { remedy: string }): HeisenwriteError {
  const message = `this is no S3 URL: ${because} (${S3_EXAMPLE})`;
  return new HeisenwriteError('invalid-place', message, options);
}

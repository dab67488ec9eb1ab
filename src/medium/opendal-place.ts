// The URL of a service that OpenDAL reaches: opendal+SERVICE:///ROOT?option=value, with the names
// of options that OpenDAL has for that service (https://opendal.apache.org, services). Secrets come
// from the environment, HEISENWRITE_OPENDAL_<OPTION>, and are never said again.

import { HeisenwriteError } from '../domain/errors.ts';

const EXAMPLE = 'opendal+webdav:///dir?endpoint=https://dav.example.org';
const VARIABLE_PREFIX = 'HEISENWRITE_OPENDAL_';
const SECRET_NAME = /secret|passw|token|credential|key|signature|sas|delegation|auth/i;
/** A value with a user and a password, or with a signature, inside. */
const SECRET_VALUE = /\/\/[^/@]*@|[?&](sig|signature|token)=/i;

export interface ServicePlace {
  readonly service: string;
  /** Those of the URL and those of the environment, which win. */
  readonly options: Readonly<Record<string, string>>;
  /** Values that no message may show. */
  readonly secrets: readonly string[];
}

/** @throws HeisenwriteError `invalid-place` */
export function servicePlace(
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
): ServicePlace {
  const [, service, rest] = /^opendal\+([a-z0-9-]+):\/\/(\/[^#]*)$/.exec(url) ?? [];
  if (service === undefined || rest === undefined) {
    throw invalid(`write it as ${EXAMPLE}, with whatever names the server as an option`);
  }
  const at = rest.indexOf('?');
  const options: Record<string, string> = { root: rootOf(at < 0 ? rest : rest.slice(0, at)) };
  for (const [name, value] of new URLSearchParams(at < 0 ? '' : rest.slice(at))) {
    refuseSecret(name, value);
    if (name === 'root') throw invalid('the root is the path of the URL');
    options[name] = value;
  }
  const secrets: string[] = [];
  for (const [variable, value = ''] of Object.entries(environment)) {
    if (!variable.startsWith(VARIABLE_PREFIX) || value === '') continue;
    options[variable.slice(VARIABLE_PREFIX.length).toLowerCase()] = value;
    secrets.push(value);
  }
  return { service, options, secrets };
}

function rootOf(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw invalid(`${path} has a % that is not followed by two hex digits`);
  }
}

function refuseSecret(name: string, value: string): void {
  if (!SECRET_NAME.test(name) && !SECRET_VALUE.test(value)) return;
  const variable = SECRET_NAME.test(name)
    ? VARIABLE_PREFIX + name.toUpperCase()
    : `${VARIABLE_PREFIX}<OPTION>`;
  throw new HeisenwriteError('invalid-place', `an URL with a secret (the parameter ${name})`, {
    remedy: `leave it out and give secrets in the environment: ${variable}=...`,
  });
}

function invalid(words: string): HeisenwriteError {
  return new HeisenwriteError('invalid-place', `an opendal URL that cannot be read: ${words}`);
}

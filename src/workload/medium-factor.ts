// A factor whose levels are media: `none`, an absolute path, or the URL of any medium. Levels are
// checked before anything is stored, since an URL with a secret would stay in the evidence.

import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HeisenwriteError } from '../domain/errors.ts';
import type { FactorDeclaration } from '../domain/plan.ts';
import { refuseSecrets, schemeOf } from '../medium/media.ts';

/** The level that names no medium. */
export const NOWHERE = 'none';

/** Between the media of a level that names several; as it is written. */
const THEN = ' -> ';
const THEN_WRITTEN = /\s+->(?:\s+|$)/;

/** @param about what is done there */
export function mediumFactor(name: string, about: string): FactorDeclaration {
  return { name, kind: 'text', about, fallback: NOWHERE, check };
}

/** Levels may name several media, one after another: `sftp://user@host/drop -> s3://bucket/in`. */
export function mediaFactor(name: string, about: string): FactorDeclaration {
  return { name, kind: 'text', about, fallback: NOWHERE, check: checkEach };
}

/** The URLs that a checked level names, in their order; none for `none`. */
export function mediaOf(level: string): string[] {
  return level.split(THEN).filter((url) => url !== NOWHERE);
}

function checkEach(text: string, where: string): string {
  const media = text.split(THEN_WRITTEN);
  if (media.length > 1 && media.includes(NOWHERE)) {
    const message = `${where}: "${NOWHERE}" is no medium that comes before or after another`;
    throw new HeisenwriteError('unknown-level', message);
  }
  return media.map((medium) => check(medium, where)).join(THEN);
}

/** @throws HeisenwriteError `unknown-level`; `invalid-place` for an URL with a secret */
function check(text: string, where: string): string {
  if (text === NOWHERE) return text;
  // On a command line a comma begins the next level.
  if (isAbsolute(text)) return pathToFileURL(text).href.replaceAll(',', '%2C');
  if (schemeOf(text) === null) {
    throw new HeisenwriteError(
      'unknown-level',
      `${where}: "${text}" is neither ${NOWHERE} nor an absolute path nor an URL ` +
        '(an example: sftp://user@host/drop)',
    );
  }
  refuseSecrets(text);
  return text;
}

// One self-contained page: the built template with the report put in as JSON. What comes from names
// and messages can never become markup: in the JSON every `<` is written as \u003c, elsewhere it is
// escaped, and the page's policy lets only its own script run.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { errnoOf, HeisenwriteError } from '../domain/errors.ts';
import type { HuntReport } from '../domain/hunt-report.ts';
import { summaryLines } from './summary.ts';
import { printable } from './wrap.ts';

/** Beside the sources (src/report) and beside the compiled files (dist/report). */
const TEMPLATES = ['../../dist/web/report.html', '../web/report.html'] as const;

/**
 * The whole document as text.
 * @throws HeisenwriteError missing-component when the page was not built.
 */
export async function reportHtml(report: HuntReport): Promise<string> {
  const template = await readTemplate();
  const title = `${report.verdict.toUpperCase()}: ${report.plan.name}, hunt ${report.hunt}`;
  const summary = summaryLines(report, { color: false, width: 90 }).join('\n');
  // Replacements are functions, because `$&` in a name must stay what it is.
  return template
    .replace('<!--TITLE-->', () => escapeMarkup(printable(title)))
    .replace('<!--SUMMARY-->', () => escapeMarkup(summary))
    .replace('"REPORT"', () => jsonForScript(report));
}

async function readTemplate(): Promise<string> {
  for (const path of TEMPLATES) {
    try {
      return await readFile(new URL(path, import.meta.url), 'utf8');
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  const expected = fileURLToPath(new URL(TEMPLATES[0], import.meta.url));
  throw new HeisenwriteError(
    'missing-component',
    `the page for reports was not built: ${expected}`,
    {
      remedy: 'run `npm run build:web` in the project, then try again; --json needs no page',
    },
  );
}

/** JSON that can stand inside a script element, also where JSON and JavaScript differ. */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

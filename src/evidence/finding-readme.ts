// README.txt of a finding's folder: written for somebody who was mailed the folder, has never heard
// of heisenwrite, and has to decide whether it concerns him.

import { isoTime } from '../base/clock.ts';
import { levelsText } from '../domain/cell.ts';
import type { Finding } from '../domain/hunt-report.ts';
import type { Observation } from '../domain/observation.ts';
import { PROMISE_WORDS } from '../domain/promise.ts';
import type { KeptWindow } from './finding-folder.ts';

const REREAD_WORDS = {
  'same-descriptor': 'read again at once through the same file descriptor',
  'same-command': 'read again by the same command, run once more',
  'cache-dropped': 'read again after the page cache of the range was dropped',
  direct: 'read again with O_DIRECT, past the page cache',
  'second-client': 'read again by a second client',
} as const;

export function findingReadme(
  finding: Finding,
  observation: Observation,
  window: KeptWindow,
  files: readonly string[],
): string {
  const { shape } = observation.expected;
  const ofMessages = shape === 'deliveries' || shape === 'message';
  const lines = [
    ofMessages
      ? `${finding.id}: what a receiver was handed is not what was sent`
      : `${finding.id}: bytes that were read are not bytes that were written`,
    '',
    `Kinds:      ${finding.kinds.join(', ') || 'none'}`,
    `Promise:    ${finding.promise}: ${PROMISE_WORDS[finding.promise]}`,
    finding.expected
      ? '            The plan expects this promise: this is damage.'
      : '            The plan does not expect this promise: this describes the medium.',
    `Layer:      ${finding.layer} (${finding.layerBecause})`,
    `Trial:      ${finding.trial}, ${levelsText(finding.levels)}`,
    ...(ofMessages ? [`Seen:       ${observation.file}`] : readLines(observation)),
    `Time:       ${isoTime(finding.atMs)}`,
    '',
    `Damage (offsets are bytes in ${offsetWords(shape)}):`,
    ...finding.damage.map(
      (damage) => `  ${damage.kind} at ${damage.offset}, ${damage.length} bytes: ${damage.because}`,
    ),
    ...wholeFileLines(finding),
    '',
    shape === 'deliveries'
      ? 'The files here:'
      : `The .bin files hold bytes ${window.offset} to ` +
        `${window.offset + window.to - window.from} (not included) of that file:`,
    ...files.map((name) => `  ${name.padEnd(30)} ${fileWords(name, observation)}`),
    `  ${'README.txt'.padEnd(30)} this text`,
    '',
    ...rereadLines(finding),
    ...(files.includes('expected.bin')
      ? ['Compare them yourself:  cmp -l expected.bin observed.bin']
      : []),
    `Try it again:           ${finding.replay}`,
    `Seed:                   ${finding.seed}`,
    'A seed repeats the decisions, not the outcome: expect a rate, not a certainty.',
  ];
  return `${lines.join('\n')}\n`;
}

function readLines(observation: Observation): string[] {
  const { file, medium, actor, asked, offset, returned } = observation;
  return [
    `File:       ${file}${medium === undefined ? '' : ` on ${medium}`}, read by ${actor}`,
    `Read:       ${asked} bytes asked at offset ${offset}, ${returned} returned`,
  ];
}

function offsetWords(shape: Observation['expected']['shape']): string {
  if (shape === 'deliveries') return 'all that the sender sent';
  return shape === 'message' ? 'that delivery' : 'that file';
}

function wholeFileLines({ wholeFile, calls }: Finding): string[] {
  const ranges = (wholeFile ?? []).map(
    ({ offset, length, zeros }) => `  ${length} bytes at ${offset}${zeros ? ', all zeros' : ''}`,
  );
  const failed = calls?.failed.map(({ operation, errno }) => `${operation}: ${errno}`) ?? [];
  return [
    ...(ranges.length > 0 ? ['', 'Wrong in the whole file, in whole blocks:', ...ranges] : []),
    ...(failed.length > 0 ? ['', `Calls that failed: ${failed.join(', ')}`] : []),
  ];
}

function rereadLines(finding: Finding): string[] {
  if (finding.rereads.length === 0) return [];
  const lines = finding.rereads.map((look) => {
    const outcome =
      look.outcome === 'not-possible'
        ? 'not possible'
        : look.sameAsFirst === null
          ? 'read'
          : look.sameAsFirst
            ? 'the same bytes as at first'
            : 'other bytes than at first';
    return `  ${look.how}: ${outcome}${look.note ? ` (${look.note})` : ''}`;
  });
  return ['Looked at again, in this order:', ...lines, ''];
}

function fileWords(name: string, observation: Observation): string {
  if (name === 'expected.bin') return 'what was meant to be there';
  if (name === 'observed.bin') return 'what the first read returned';
  if (name === 'deliveries.csv') return 'each message that was handed over, in that order';
  if (name === 'hexdump.txt') return 'the rows that differ, expected above observed';
  if (name.endsWith('.hwrec')) return 'what that actor did; heisenwrite replay prints it';
  if (name === 'facts.json') return 'host, kernel, file system, device, versions';
  if (name === 'finding.json') return 'the finding as heisenwrite keeps it';
  const look = observation.rereads[Number(/^reread-(\d+)-/.exec(name)?.[1]) - 1];
  return look ? REREAD_WORDS[look.how] : '';
}

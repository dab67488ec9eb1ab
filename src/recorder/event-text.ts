// Events as text, in the style of the first flight recorder: position, event, fields; and what each
// recording is, so that nobody takes what a ring has forgotten for what never happened.

import type { RecordedEvent } from './record-events.ts';
import type { RecordingHeader } from './recording.ts';
import { formatSeconds, formatSpan } from './time-text.ts';

export interface EventTextOptions {
  /** Times count from here, ns; null: they are shown as the clock has them. */
  readonly baseNs: bigint | null;
}

/**
 * One line for an event:
 *   `[1041] +0.001234567 sender 1234  send from=2 id=4711 size=1400B`
 * Positions and writers are as wide as the widest, so that columns line up.
 */
export function eventLines(
  headers: readonly RecordingHeader[],
  { baseNs }: EventTextOptions,
): (event: RecordedEvent) => string {
  const digits = Math.max(1, ...headers.map(({ counts }) => String(counts.written).length));
  const width = Math.max(0, ...headers.map(({ writer }) => writer.length));
  const units = headers.map(
    ({ events }) =>
      new Map(
        events.map(({ name, fields }) => [name, fields.map(({ name, unit }) => [name, unit])]),
      ),
  );
  return ({ recording, sequence, timeNs, writer, event, fields }) => {
    const position = `[${sequence}]`.padStart(digits + 2);
    const time = baseNs === null ? formatSeconds(timeNs) : signed(timeNs - baseNs);
    const values = (units[recording]?.get(event) ?? [])
      .map(([name, unit]) => ` ${name}=${valueText(fields[name as string] ?? '')}${unit}`)
      .join('');
    return `${position} ${time} ${writer.padEnd(width)}  ${event}${values}`;
  };
}

function signed(ns: bigint): string {
  return ns < 0n ? formatSeconds(ns) : `+${formatSeconds(ns)}`;
}

/** Text that could be taken for something else is quoted, and control characters are escaped. */
function valueText(value: number | bigint | string): string {
  if (typeof value !== 'string') return String(value);
  return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
}

const count = new Intl.NumberFormat('en-US');

/** What a recording is, in one line. */
export function headerLine(header: RecordingHeader): string {
  const { writer, host, path, counts, clock, pause, closed } = header;
  const { written, overwritten, dropped, torn } = counts;
  const kept = [
    overwritten > 0 ? `the oldest ${count.format(overwritten)} overwritten` : 'none overwritten',
    dropped > 0 ? `${count.format(dropped)} dropped when it was full` : '',
    torn > 0 ? `${count.format(torn)} torn` : '',
    pause === null ? '' : `paused${pause.untilNs === null ? ', and not resumed' : ''}`,
  ].filter((part) => part !== '');
  const events = `${count.format(written)} ${written === 1 ? 'event' : 'events'}`;
  const end = closed ? 'ended in order' : 'not closed: killed, or still recording';
  const at = host === '' ? '' : ` at ${host}`;
  return `${writer}${at} (${path}): ${events}, ${kept.join(', ')}; ${clockWords(clock)}; ${end}`;
}

function clockWords({
  mode,
  resolutionNs,
  offsetNs,
  offsetUncertaintyNs,
}: RecordingHeader['clock']) {
  const clock =
    mode === 'each'
      ? 'time of each event'
      : `shared tick, events up to ${formatSpan(Number(resolutionNs))} later than it says`;
  if (offsetUncertaintyNs === null) return clock;
  const [offset, uncertainty] = [Number(offsetNs), Number(offsetUncertaintyNs)];
  return `${clock}, corrected by ${formatSpan(offset)} +-${formatSpan(uncertainty)}`;
}

/** Where clocks cannot be compared, whoever reads a merged time line has to know. */
export function clockWarning(headers: readonly RecordingHeader[]): string | null {
  const unrelated = headers.filter(({ clock }) => clock.offsetUncertaintyNs === null);
  const domains = new Set(unrelated.map(({ clock }) => clock.domain));
  if (domains.size < 2) return null;
  return (
    `these recordings have ${domains.size} clocks (machines or boots) and no offsets: ` +
    'times of different ones cannot be compared'
  );
}

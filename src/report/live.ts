// The live table on a terminal, drawn by Ink at most five times a second, whatever the speed of the
// trials. A display may never harm a hunt: when drawing fails, it ends and the hunt goes on.

import { Box, type Instance, render, Static, Text } from 'ink';
import { createElement, type ReactNode } from 'react';
import { monotonicMs } from '../base/clock.ts';
import type { HuntListener } from '../domain/ports.ts';
import { liveLines, type Screen } from './live-lines.ts';
import { HuntProgress } from './progress.ts';
import { paints, printable } from './wrap.ts';

const REDRAW_MS = 200;
const FALLBACK_SCREEN: Screen = { columns: 80, rows: 24 };

export interface LiveOptions {
  readonly color: boolean;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

function noteLine(note: string, index: number): ReactNode {
  return createElement(Text, { key: index }, note);
}

/** @param terminal a TTY, usually stderr; stdout stays free for the report. */
export function liveListener(terminal: NodeJS.WriteStream, options: LiveOptions): HuntListener {
  const progress = new HuntProgress(options.now ?? monotonicMs);
  const paint = paints(options.color);
  const notes: string[] = [];
  let ink: Instance | null = null;
  let timer: NodeJS.Timeout | null = null;

  const frame = (): ReactNode => {
    const screen = {
      columns: terminal.columns || FALLBACK_SCREEN.columns,
      rows: terminal.rows || FALLBACK_SCREEN.rows,
    };
    const lines = liveLines(progress, screen, paint);
    const kept = { items: [...notes], children: noteLine };
    return createElement(
      Box,
      { flexDirection: 'column' },
      createElement(Static<string>, kept),
      ...lines.map((line, index) => createElement(Text, { key: index, wrap: 'truncate' }, line)),
    );
  };
  const stop = () => {
    if (timer) clearInterval(timer);
    timer = null;
    // Shows the cursor again; Ink does the same by itself when a signal ends the process.
    ink?.unmount();
    ink = null;
  };
  const safely = (action: () => void) => {
    try {
      action();
    } catch {
      try {
        stop();
      } catch {
        ink = null;
      }
    }
  };
  terminal.on('error', () => safely(stop));

  return {
    begun: (header, cells, limits) =>
      safely(() => {
        progress.begin(header, cells, limits);
        ink = render(frame(), {
          stdout: terminal,
          stderr: terminal,
          exitOnCtrlC: false,
          patchConsole: false,
          interactive: true,
          maxFps: 1000 / REDRAW_MS,
        });
        timer = setInterval(() => safely(() => ink?.rerender(frame())), REDRAW_MS);
        timer.unref();
      }),
    trialStarted: (trial, cell) => safely(() => progress.start(trial, cell)),
    trialJudged: (record, judgement) => safely(() => progress.judged(record, judgement)),
    found: (finding) => safely(() => progress.found(finding)),
    note: (message) => safely(() => notes.push(printable(message))),
    ended: () =>
      safely(() => {
        ink?.rerender(frame());
        stop();
      }),
  };
}

// Standard output and standard error as the commands use them: results on the one, progress and
// messages on the other, colours and drawing only where somebody looks.

import type { HeisenwriteError } from '../domain/errors.ts';
import type { HuntReport } from '../domain/hunt-report.ts';
import type { HuntListener } from '../domain/ports.ts';

const WIDTH_DEFAULT = 100;

export interface Terminal {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
  print(line: string): void;
  /** One document, and nothing else, on standard output. */
  printJson(document: object): void;
  printSummary(report: HuntReport): Promise<void>;
  /** Says what happened and what to do, in one or two lines; never a stack. */
  printError(error: HeisenwriteError): void;
  listener(): Promise<HuntListener>;
}

/** What draws and sums up is loaded where it is used: with its statistics it is slow to load. */
export function createTerminal(listener: () => Promise<HuntListener>): Terminal {
  const { stdout: out, stderr: err } = process;
  const color = (stream: NodeJS.WriteStream) => stream.isTTY === true && !process.env.NO_COLOR;
  return {
    out,
    err,
    listener,
    print: (line) => void out.write(`${line}\n`),
    printJson: (document) => void out.write(`${JSON.stringify(document, null, 2)}\n`),
    printSummary: async (report) => {
      const { summaryLines } = await import('../report/summary.ts');
      const width = out.columns ?? WIDTH_DEFAULT;
      out.write(`${summaryLines(report, { color: color(out), width }).join('\n')}\n`);
    },
    printError: (error) => {
      err.write(`heisenwrite: ${error.message}\n`);
      err.write(`  what to do: ${error.remedy}\n`);
    },
  };
}

// A cell is one level of each factor that applies to it. Levels are plain JSON values so that a
// cell can be printed, stored, compared and passed to an actor without conversion.

export type Level = string | number | boolean;

/** Factor name to level. Sizes are bytes, durations milliseconds, the rest as in the plan. */
export type Levels = Readonly<Record<string, Level>>;

export interface Cell {
  /** Position in the plan's expansion, 0-based and stable for one plan. */
  readonly index: number;
  readonly levels: Levels;
}

/** One line, in plan order: `workload=mailbox unit=4096 writer=direct`. */
export function levelsText(levels: Levels): string {
  return Object.entries(levels)
    .map(([factor, level]) => `${factor}=${level}`)
    .join(' ');
}

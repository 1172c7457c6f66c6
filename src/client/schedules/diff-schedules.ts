import type { ScheduleFacts } from './schedule-definition.js';

/** One fact that is not as declared. */
export interface FieldChange {
  field: string;
  old: string;
  new: string;
}

/** What `schedules apply` does to one schedule. */
export interface ScheduleChange {
  name: string;
  change: 'created' | 'changed' | 'removed' | 'unchanged';
  /** What differs; for a new schedule everything, with an empty `old`. */
  fields: FieldChange[];
  /** An operator's pause, which stays. */
  paused: boolean;
}

/** A schedule of ours as Temporal has it. */
export interface ExistingSchedule {
  facts: ScheduleFacts;
  paused: boolean;
}

function compareFacts(wanted: ScheduleFacts, existing: ScheduleFacts): FieldChange[] {
  return Object.entries(wanted).flatMap(([field, text]) =>
    existing[field] === text ? [] : [{ field, old: existing[field] ?? '', new: text }],
  );
}

/**
 * Compares the schedules that are declared with those of ours that Temporal has.
 *
 * @param declared - by name
 * @param existing - by name, only schedules that `schedules apply` made
 */
export function diffSchedules(
  declared: ReadonlyMap<string, ScheduleFacts>,
  existing: ReadonlyMap<string, ExistingSchedule>,
): ScheduleChange[] {
  const wanted = [...declared].map(([name, facts]): ScheduleChange => {
    const current = existing.get(name);
    if (!current) return { name, change: 'created', fields: compareFacts(facts, {}), paused: false };
    const fields = compareFacts(facts, current.facts);
    return { name, change: fields.length > 0 ? 'changed' : 'unchanged', fields, paused: current.paused };
  });
  const removed = [...existing]
    .filter(([name]) => !declared.has(name))
    .map(([name, { paused }]): ScheduleChange => ({ name, change: 'removed', fields: [], paused }));
  return [...wanted, ...removed];
}

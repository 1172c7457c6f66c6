/** What a worker process does: `control` runs the workflows, `backup` the activities. */
export const workerRoles = ['control', 'backup'] as const;
export type WorkerRole = (typeof workerRoles)[number];

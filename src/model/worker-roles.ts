/**
 * What a worker process does: `control` runs the workflows, `backup` the steps of backups, `restore` those of restores
 * and drills, for which it alone needs the private keys.
 */
export const workerRoles = ['control', 'backup', 'restore'] as const;
export type WorkerRole = (typeof workerRoles)[number];

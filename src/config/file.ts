import { z } from 'zod';

/** A file's absolute path: no process may depend on where it was started. */
export const file = z.string().startsWith('/', 'expected an absolute path');

import { Command } from 'commander';
import { apply } from './apply.js';

export const schedules = new Command('schedules')
  .description('what runs by itself: Temporal Schedules, declared in backups.yaml')
  .addCommand(apply);

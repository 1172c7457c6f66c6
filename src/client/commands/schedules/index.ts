import { Command } from 'commander';
import { apply } from './apply.js';
import { list } from './list.js';
import { pause } from './pause.js';
import { resume } from './resume.js';
import { trigger } from './trigger.js';

export const schedules = new Command('schedules')
  .description('what runs by itself: Temporal Schedules, declared in backups.yaml')
  .addCommand(apply)
  .addCommand(list)
  .addCommand(pause)
  .addCommand(resume)
  .addCommand(trigger)
  .addHelpText(
    'after',
    `
Example:
  temponest-backups schedules apply`,
  );

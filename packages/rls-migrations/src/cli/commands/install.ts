import type { Command } from '../command.ts'
import { applyCommandRun } from './apply.ts'

export const installCommand: Command = {
  name: 'install',
  summary: 'create the roles and the control-plane schema; touches no table of yours',
  run: (context) => applyCommandRun(context, 'install'),
}

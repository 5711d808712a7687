import { switchChannel } from './channel.ts';
import { endSession } from './end.ts';
import { externalUpdate } from './external-updates.ts';
import { clearFlag, raiseFlag } from './flags.ts';
import { setGoal, updateGoal } from './goals.ts';
import { handoff } from './handoff.ts';
import { changePreferences } from './preferences.ts';
import { recordTurn } from './turns.ts';

/** Every command that may be an item of `…/commands`. */
export const commandDefinitions = [
  recordTurn,
  setGoal,
  updateGoal,
  raiseFlag,
  clearFlag,
  switchChannel,
  changePreferences,
  handoff,
  endSession,
  externalUpdate,
] as const;

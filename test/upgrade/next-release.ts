import type { Patch } from '../consistency/mutants/list.ts';

/** The next release: its turns have another field, flags another event, and rows another column. */
export const nextRelease: readonly Patch[] = [
  {
    file: 'libs/domain/src/session/decide-turn.ts',
    find: '      bot_action: action,\n',
    replace: "      bot_action: action,\n      mood: 'calm',\n",
  },
  {
    file: 'libs/domain/src/session/decide-flag.ts',
    find: "accept({ type: 'FlagRaised', data: { flag, value } })",
    replace: "accept({ type: 'FlagRaised', data: { flag, value } }, { type: 'FlagRated', data: { flag } })",
  },
  {
    file: 'libs/domain/src/session/events.ts',
    find: "  FlagCleared: { flag: 'plain' },\n",
    replace: "  FlagCleared: { flag: 'plain' },\n  FlagRated: { flag: 'plain' },\n",
  },
  {
    file: 'libs/domain/src/session/evolve.ts',
    find: "    case 'FlagCleared': {",
    replace:
      "    case 'FlagRated':\n      return withFlags(state, { rated: true });\n    case 'FlagCleared': {",
  },
  {
    file: 'libs/read-models/src/tables/sql.ts',
    find: 'channel = coalesce(p.channel, s.channel),',
    replace: "channel = coalesce(p.channel, s.channel), written_by = 'next',",
  },
];

/** Its migration. */
export const nextMigration = 'ALTER TABLE conversation_session ADD COLUMN written_by text';

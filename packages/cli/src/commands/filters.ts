import type { Command } from 'commander';
import { Option } from 'commander';
import { parseTime } from '../output/times.ts';

/** Filters of lists of turns and sessions, in any combination. */
export interface FilterOptions {
  readonly session?: string;
  readonly partner?: string;
  readonly channel?: string;
  readonly sender?: string;
  readonly intent?: string;
  readonly goal?: string;
  readonly flag?: string;
  readonly handoff?: string;
  readonly outcome?: string;
  readonly actorRole?: string;
  readonly actor?: string;
  readonly from?: string;
  readonly to?: string;
  readonly forks?: string;
  readonly order?: string;
  readonly utc?: boolean;
}

const outcomes = ['complete', 'partial', 'failed', 'expired', 'cancelled'];
const roles = ['agent', 'service', 'human', 'system', 'analyst', 'auditor', 'admin'];

/** Adds the options of a period. */
export function withPeriod(command: Command): Command {
  return command.option('--from <time>', 'at or after this time').option('--to <time>', 'before this time');
}

/** Adds the options of {@link FilterOptions}. */
export function withFilters(command: Command): Command {
  return withPeriod(command)
    .option('--partner <id>', 'of this partner')
    .option('--session <id>', 'of this session')
    .option('--channel <name>', 'on this channel')
    .addOption(new Option('--sender <sender>', 'of this sender').choices(['user', 'bot']))
    .option('--intent <name>', 'with this intent')
    .option('--goal <name>', 'with this goal')
    .option('--flag <name>', 'where this flag was raised')
    .addOption(
      new Option('--handoff <state>', 'where a handoff was').choices([
        'none',
        'requested',
        'accepted',
        'returned',
      ]),
    )
    .addOption(new Option('--outcome <outcome>', 'where an inquiry ended so').choices(outcomes))
    .addOption(new Option('--actor-role <role>', 'recorded by this role').choices(roles))
    .option('--actor <id>', 'recorded by this subject of a token')
    .addOption(
      new Option('--forks <which>', 'forks too, or only; else without them').choices(['include', 'only']),
    )
    .addOption(new Option('--order <order>', 'by time').choices(['asc', 'desc']));
}

/** The filter in the API's form, for a query or a body. */
export function filterOf(options: FilterOptions): Readonly<Record<string, string | undefined>> {
  return {
    session_id: options.session,
    partner_id: options.partner,
    channel: options.channel,
    sender: options.sender,
    parsed_intent: options.intent,
    goal: options.goal,
    flag: options.flag,
    handoff: options.handoff,
    inquiry_outcome: options.outcome,
    actor_role: options.actorRole,
    actor_id: options.actor,
    forks: options.forks,
    order: options.order,
    ...periodOf(options),
  };
}

export function periodOf({
  from,
  to,
  utc = false,
}: FilterOptions): Readonly<Record<'from' | 'to', string | undefined>> {
  return {
    from: from === undefined ? undefined : parseTime(from, utc),
    to: to === undefined ? undefined : parseTime(to, utc),
  };
}

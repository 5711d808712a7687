import type { Command } from '../kernel/command.ts';
import type { PartnerMemory } from './state.ts';

export type RememberPartner = Command<'RememberPartner', { partner_id: string; memory: PartnerMemory }>;

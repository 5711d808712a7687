import type { HistoryConfig } from '#sessions';
import { loadHistoryConfig } from '#sessions';
import { runningSystem } from './address.ts';

/** The keys of histories that the environment names, or else those of the system that npm start runs. */
export function historyKeys(): HistoryConfig {
  return loadHistoryConfig({ ...runningSystem(process.env), ...process.env });
}

import { IsIn } from 'class-validator';
import { orExit, readEnvironment } from '#platform';

const scopes = ['off', 'partner', 'all'] as const;

/**
 * Which words of turns are found. `partner`: those of a partner who is named, under the partner's own key; `all`: of any, under
 * one key, which tells more to whoever has the database.
 */
export type TextSearchScope = (typeof scopes)[number];

/** Whether words of turns are indexed and found; the token under which it is injected. */
export abstract class TextSearchConfig {
  abstract readonly scope: TextSearchScope;
}

class Environment {
  @IsIn(scopes, { message: `must be one of ${scopes.join(', ')}` })
  TEXT_SEARCH: TextSearchScope = 'off';
}

/** @throws ConfigError */
export function loadTextSearchConfig(env: NodeJS.ProcessEnv): TextSearchConfig {
  return { scope: readEnvironment(Environment, env).TEXT_SEARCH };
}

/** Of the process's environment; a wrong one ends the process with 78. */
export const textSearchConfigProvider = {
  provide: TextSearchConfig,
  useFactory: (): TextSearchConfig => orExit(() => loadTextSearchConfig(process.env)),
};

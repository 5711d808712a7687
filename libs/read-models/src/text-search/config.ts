import { IsIn } from 'class-validator';
import { orExit, readEnvironment } from '#platform';

const scopes = ['off', 'partner', 'all'] as const;

/**
 * Which words of turns can be searched. `partner`: those of a given partner, indexed under the partner's own key; `all`: those of
 * all partners, indexed under one key, which reveals more to a reader of the database.
 */
export type TextSearchScope = (typeof scopes)[number];

/** Whether words of turns are indexed; the token under which it is injected. */
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

/** Reads the process's environment; an error ends the process with 78. */
export const textSearchConfigProvider = {
  provide: TextSearchConfig,
  useFactory: (): TextSearchConfig => orExit(() => loadTextSearchConfig(process.env)),
};

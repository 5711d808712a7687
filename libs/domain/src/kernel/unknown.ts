/** The default case of a `decide`. The parameter's type makes a forgotten command a compile error. */
export function unknownCommand(command: never): never {
  throw new Error(`Unknown command: ${JSON.stringify(command)}`);
}

/** The default case of an `evolve`: an event of newer code changes nothing. The parameter's type makes a forgotten event a compile error. */
export function unknownEvent<State>(state: State, _event: never): State {
  return state;
}

/** A command: a request to change state. */
export type Command<Type extends string, Data> = { readonly type: Type } & Readonly<Data>;

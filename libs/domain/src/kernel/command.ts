/** A command: what somebody asks for. */
export type Command<Type extends string, Data> = { readonly type: Type } & Readonly<Data>;

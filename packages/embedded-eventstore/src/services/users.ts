import type { sendUnaryData, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import type { User } from '../rpc/access.ts';
import {
  createAccount,
  lastEventOf,
  matches,
  parseAccount,
  userStream,
  type Account,
} from '../rpc/accounts.ts';
import { accessDenied, invalidArgument, loginConflict, loginNotFound, toRpcError } from '../rpc/errors.ts';
import { Sender } from '../rpc/sender.ts';
import { append, softDelete } from '../store/append.ts';
import type { EventRecord } from '../store/records.ts';
import { encodeUserDetails, type UserRequest } from '../wire/users.ts';
import { addUser, userEvent, USERS } from './bootstrap.ts';
import type { ServiceContext } from './context.ts';

type Handler = (request: UserRequest, user: User) => Promise<void>;

const NOTHING = Buffer.alloc(0);

/** The service Users. Administrators manage users; others see themselves and change their own password. */
export const userServices = (context: ServiceContext) => {
  const { access, store } = context;
  const unary =
    (handler: Handler, anyone = false) =>
    (call: ServerUnaryCall<UserRequest, Buffer>, callback: sendUnaryData<Buffer>): void => {
      const answer = async (): Promise<void> => {
        try {
          const user = access.authenticate(call.metadata);
          if (!anyone) access.requireAdministrator(user);
          if (call.request.login === '') throw invalidArgument('A login name is required');
          await handler(call.request, user);
          callback(null, NOTHING);
        } catch (error) {
          callback(toRpcError(error));
        }
      };
      void answer();
    };

  const find = (login: string): { account: Account; event: EventRecord } => {
    const event = lastEventOf(store, userStream(login));
    const account = parseAccount(event?.data);
    if (!account || !event) throw loginNotFound(login);
    return { account, event };
  };
  const change = async (login: string, changes: Partial<Account>, type = '$UserUpdated'): Promise<void> => {
    const { account, event } = find(login);
    const events = [userEvent(type, { ...account, ...changes })];
    const outcome = await store.writer.write((tx) => append(tx, userStream(login), event.rev, events));
    if (outcome.kind !== 'written') throw loginConflict(login);
  };
  const setPassword = (login: string, password: string): Promise<void> => {
    const { salt, hash } = createAccount(login, '', password, []);
    return change(login, { salt, hash }, '$PasswordChanged');
  };

  return {
    create: unary(async ({ login, password, fullName, groups }) => {
      if (password === '') throw invalidArgument('A password is required');
      const account = createAccount(login, fullName, password, groups);
      const outcome = await store.writer.write((tx) => addUser(tx, account));
      if (outcome.kind !== 'written') throw loginConflict(login);
    }),
    update: unary(({ login, fullName, groups }) => change(login, { fullName, groups })),
    delete: unary(async ({ login }) => {
      find(login);
      await store.writer.write((tx) => softDelete(tx, userStream(login), 'any'));
    }),
    disable: unary(({ login }) => change(login, { disabled: true })),
    enable: unary(({ login }) => change(login, { disabled: false })),
    resetPassword: unary(({ login, newPassword }) => setPassword(login, newPassword)),
    changePassword: unary(async ({ login, password, newPassword }, user) => {
      if (user.name !== login) throw accessDenied();
      if (!matches(password, find(login).account)) throw accessDenied();
      await setPassword(login, newPassword);
    }, true),
    details: (call: ServerWritableStream<UserRequest, Buffer>): void => {
      const sender = new Sender(call as ServerWritableStream<never, Buffer>, context.openCalls);
      try {
        const { login } = call.request;
        const user = access.authenticate(call.metadata);
        if (login === '' || user.name !== login) access.requireAdministrator(user);
        for (const name of login === '' ? allLogins(context) : [login]) {
          const { account, event } = find(name);
          sender.send(encodeUserDetails(account, event.created));
        }
        sender.end();
      } catch (error) {
        sender.fail(error);
      }
    },
  };
};

const allLogins = ({ store }: ServiceContext): string[] => {
  const page = store.reads.stream(USERS, 0, Number.MAX_SAFE_INTEGER, false);
  const names = page.kind === 'page' ? page.events.map(({ data }) => data.toString('utf8')) : [];
  return [...new Set(names)].filter((name) => lastEventOf(store, userStream(name)) !== undefined);
};

import type { Account } from '../rpc/accounts.ts';
import { decoder, type Reader } from './reader.ts';
import { encode, type Writer } from './writer.ts';

/** The options of all requests of Users; fields that a method does not have stay empty. */
export interface UserRequest {
  login: string;
  /** The password of Create; the current one of ChangePassword. */
  password: string;
  newPassword: string;
  fullName: string;
  groups: string[];
}

type ReadField = (request: UserRequest, field: number, reader: Reader) => void;

const decodeOptions = (readField: ReadField) =>
  decoder<UserRequest>(
    () => ({ login: '', password: '', newPassword: '', fullName: '', groups: [] }),
    (request, field, reader) => {
      if (field !== 1) return;
      reader.message(request, (target, part) => {
        if (part === 1) target.login = reader.string();
        else readField(target, part, reader);
      });
    },
  );

/** Create and Update. */
export const decodeAccountRequest = decodeOptions((request, field, reader) => {
  if (field === 2) request.password = reader.string();
  else if (field === 3) request.fullName = reader.string();
  else if (field === 4) request.groups.push(reader.string());
});

/** Delete, Enable, Disable and Details. */
export const decodeLoginRequest = decodeOptions(() => undefined);

export const decodeChangePassword = decodeOptions((request, field, reader) => {
  if (field === 2) request.password = reader.string();
  else if (field === 3) request.newPassword = reader.string();
});

export const decodeResetPassword = decodeOptions((request, field, reader) => {
  if (field === 2) request.newPassword = reader.string();
});

/** @param updated microseconds since 1970 */
export const encodeUserDetails = (
  { loginName, fullName, groups, disabled }: Account,
  updated: number,
): Buffer =>
  encode((writer) =>
    writer.message(1, (details) => {
      details.string(1, loginName).string(2, fullName);
      for (const group of groups) details.string(3, group);
      details.message(4, (time: Writer) => time.int64(1, BigInt(updated) * 10n)).bool(5, disabled);
    }),
  );

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';
import usersGrpc from '@eventstore/db-client/generated/users_grpc_pb.js';
import messages, { type DetailsResp } from '@eventstore/db-client/generated/users_pb.js';
import { collect, events, newStream, openSecureStore, type TestStore } from './harness.ts';
import { targetOf } from './raw-client.ts';

interface Login {
  readonly username: string;
  readonly password: string;
}

const admin = { username: 'admin', password: 'changeit' };

type Done = (error: ServiceError | null) => void;

const basic = ({ username, password }: Login): Metadata => {
  const metadata = new Metadata();
  metadata.add('authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
  return metadata;
};

const finished = (call: (done: Done) => void): Promise<void> =>
  new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())));

describe('Users in secure mode', () => {
  let store: TestStore;
  let users: InstanceType<typeof usersGrpc.UsersClient>;
  beforeAll(async () => {
    store = await openSecureStore();
    users = new usersGrpc.UsersClient(targetOf(store.url), credentials.createInsecure());
  });
  afterAll(async () => {
    users.close();
    await store.stop();
  });

  const create = (login: Login, as: Login = admin, groups: string[] = []) => {
    const options = new messages.CreateReq.Options()
      .setLoginName(login.username)
      .setPassword(login.password)
      .setFullName('A user')
      .setGroupsList(groups);
    const request = new messages.CreateReq().setOptions(options);
    return finished((done) => users.create(request, basic(as), done));
  };
  const newLogin = async (groups: string[] = []): Promise<Login> => {
    const login = { username: newStream('user'), password: 'first' };
    await create(login, admin, groups);
    return login;
  };
  const details = async (username: string, as: Login = admin) => {
    const options = new messages.DetailsReq.Options().setLoginName(username);
    const found: DetailsResp.UserDetails.AsObject[] = [];
    const call = users.details(new messages.DetailsReq().setOptions(options), basic(as));
    for await (const response of call as AsyncIterable<DetailsResp>) {
      const user = response.getUserDetails()?.toObject();
      if (user) found.push(user);
    }
    return found;
  };
  const canAppend = (login: Login) =>
    store.client.appendToStream(newStream(), events(1), { credentials: login }).then(
      () => true,
      () => false,
    );

  test('a created user can log in and is described by Details', async () => {
    const login = await newLogin(['readers']);
    expect(await canAppend(login)).toBe(true);
    const [found] = await details(login.username);
    expect(found).toMatchObject({
      loginName: login.username,
      fullName: 'A user',
      groupsList: ['readers'],
      disabled: false,
    });
    const updated = Number(found?.lastUpdated?.ticksSinceEpoch) / 1e4;
    expect(Math.abs(updated - Date.now())).toBeLessThan(600_000);
  });

  test('Create refuses a name that is taken', async () => {
    const login = await newLogin();
    const again = await create({ ...login, password: 'other' }).catch((error: unknown) => error);
    expect(again).toMatchObject({ code: status.ALREADY_EXISTS });
    expect((again as ServiceError).metadata.getMap()).toMatchObject({
      exception: 'user-conflict',
      'login-name': login.username,
    });
    expect(await canAppend(login)).toBe(true);
  });

  test('Details of an unknown user is user-not-found', async () => {
    const error = await details(newStream('user')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: status.NOT_FOUND });
    expect((error as ServiceError).metadata.getMap()).toMatchObject({ exception: 'user-not-found' });
  });

  test('Update replaces full name and groups', async () => {
    const { username } = await newLogin(['old']);
    const options = new messages.UpdateReq.Options()
      .setLoginName(username)
      .setFullName('Renamed')
      .setGroupsList(['new']);
    await finished((done) => users.update(new messages.UpdateReq().setOptions(options), basic(admin), done));
    expect(await details(username)).toMatchObject([{ fullName: 'Renamed', groupsList: ['new'] }]);
  });

  test('a disabled user cannot log in until it is enabled', async () => {
    const login = await newLogin();
    const off = new messages.DisableReq().setOptions(
      new messages.DisableReq.Options().setLoginName(login.username),
    );
    await finished((done) => users.disable(off, basic(admin), done));
    expect(await canAppend(login)).toBe(false);
    const on = new messages.EnableReq().setOptions(
      new messages.EnableReq.Options().setLoginName(login.username),
    );
    await finished((done) => users.enable(on, basic(admin), done));
    expect(await canAppend(login)).toBe(true);
  });

  test('a deleted user cannot log in, and its name can be used again', async () => {
    const login = await newLogin();
    const options = new messages.DeleteReq.Options().setLoginName(login.username);
    const request = new messages.DeleteReq().setOptions(options);
    await finished((done) => users.delete(request, basic(admin), done));
    expect(await canAppend(login)).toBe(false);
    await create(login);
    expect(await canAppend(login)).toBe(true);
  });

  test('ChangePassword needs the current password, ResetPassword an administrator', async () => {
    const login = await newLogin();
    const change = (current: string, password: string) => {
      const options = new messages.ChangePasswordReq.Options()
        .setLoginName(login.username)
        .setCurrentPassword(current)
        .setNewPassword(password);
      const request = new messages.ChangePasswordReq().setOptions(options);
      return finished((done) => users.changePassword(request, basic(login), done));
    };
    await expect(change('wrong', 'second')).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
    await change('first', 'second');
    expect([await canAppend(login), await canAppend({ ...login, password: 'second' })]).toEqual([
      false,
      true,
    ]);
    const options = new messages.ResetPasswordReq.Options()
      .setLoginName(login.username)
      .setNewPassword('third');
    const request = new messages.ResetPasswordReq().setOptions(options);
    const reset = (as: Login) => finished((done) => users.resetPassword(request, basic(as), done));
    await expect(reset({ ...login, password: 'second' })).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
    });
    await reset(admin);
    expect(await canAppend({ ...login, password: 'third' })).toBe(true);
  });

  test('users other than administrators see only themselves', async () => {
    const login = await newLogin();
    expect(await details(login.username, login)).toHaveLength(1);
    await expect(details('admin', login)).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
    await expect(create({ username: newStream('user'), password: 'x' }, login)).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
    });
    expect((await details('')).map(({ loginName }) => loginName)).toEqual(
      expect.arrayContaining(['admin', 'ops', login.username]),
    );
    expect(await collect(store.client.readStream('$users', { credentials: admin }))).not.toHaveLength(0);
  });
});

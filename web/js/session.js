// Who is signed in and what the server offers; read once, account and usage again when they change.

import {get} from "./api.js";

export const session = {account: null, usage: null, capabilities: null};

export async function readAccount() {
  const [account, usage, capabilities] = await Promise.all(
    ["/v1/account", "/v1/account/usage", "/v1/capabilities"].map(get));
  Object.assign(session, {account, usage, capabilities});
}

/** id -> name of rooms or styles; old names stay readable. */
export function nameOf(kind, id) {
  return session.capabilities[kind].find((each) => each.id === id)?.name || id || "Automatic";
}

/** [id, name] of what can be chosen. */
export function offered(kind) {
  return session.capabilities[kind].filter((each) => !each.deprecated).map(({id, name}) => [id, name]);
}

/** What a new listing starts with: the account's preferences. */
export function preferred() {
  const {default_room_type: room, default_style: style} = session.account.preferences;
  const first = offered("styles")[0][0];
  return {room_type: room || "auto", style: style || first};
}

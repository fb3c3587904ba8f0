// Sign-in with any OIDC issuer: authorization code with PKCE. Tokens live in this module's memory only.
// The browser keeps one flag ("someone was signed in"), so that a reload asks the issuer silently.

import {config} from "./config.js";

const ASKED = "signin-asked"; // sessionStorage: the request that is on its way
const FLAG = "signed-in"; // localStorage: no token, only that asking silently is worth a try
const EARLY = 60_000; // ms before its end a token is renewed
const REDIRECT = location.origin + location.pathname;

let endpoints = null;
let tokens = null; // {access, refresh, id, ends}
let renewing = null;
const channel = new BroadcastChannel("signin");

export class SignedOut extends Error {
  constructor() { super("You are signed out. Sign in to go on."); }
}

/** Finishes a sign-in that comes back, or asks silently. True when there is a token; may leave the page. */
export async function begin() {
  channel.onmessage = () => location.reload();
  const query = new URLSearchParams(location.search);
  if (query.has("state") && (query.has("code") || query.has("error"))) return finish(query);
  const sample = config.sample_agent && query.get("as");
  if (!sample && !localStorage.getItem(FLAG)) return false;
  // One request only: a second one would take the place of the first.
  await go(sample ? {login_hint: sample, prompt: "none"} : {prompt: "none"});
  return new Promise(() => {}); // the page is being left
}

export async function signIn(extra = {}) {
  await go(extra);
}

export function signInAsSample() {
  return go({login_hint: config.sample_agent, prompt: "none"});
}

/** A token that is good for another moment; renewed when it is not. */
export async function accessToken() {
  if (!tokens) throw new SignedOut();
  if (Date.now() > tokens.ends - EARLY) await renew();
  return tokens.access;
}

/** Once for all who ask at the same time. Without a refresh token the issuer is asked silently, by leaving the page. */
export function renew() {
  renewing ??= renewed().finally(() => { renewing = null; });
  return renewing;
}

export function userName() {
  const claims = tokens?.id ? payload(tokens.id) : {};
  return claims.name || claims.nickname || claims.email || "Account";
}

export async function signOut() {
  const hint = tokens?.id;
  localStorage.removeItem(FLAG);
  tokens = null;
  channel.postMessage("out");
  const {end_session_endpoint: end} = await discover();
  if (!end) return location.assign(REDIRECT);
  const query = new URLSearchParams({client_id: config.client_id, post_logout_redirect_uri: REDIRECT});
  if (hint) query.set("id_token_hint", hint);
  return location.assign(`${end}?${query}`);
}

async function discover() {
  endpoints ??= await (await fetch(`${config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`)).json();
  return endpoints;
}

async function go(extra) {
  if (!crypto.subtle) throw new Error("Signing in needs HTTPS.");
  const {authorization_endpoint: where} = await discover();
  const asked = {state: random(), nonce: random(), verifier: random(), back: location.hash, silent: extra.prompt === "none"};
  sessionStorage.setItem(ASKED, JSON.stringify(asked));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(asked.verifier));
  const query = new URLSearchParams({
    response_type: "code", client_id: config.client_id, redirect_uri: REDIRECT, state: asked.state, nonce: asked.nonce,
    scope: config.scope || "openid profile email offline_access", code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256", ...extra,
  });
  if (config.audience) query.set("audience", config.audience);
  location.assign(`${where}?${query}`);
}

async function finish(query) {
  const asked = JSON.parse(sessionStorage.getItem(ASKED) || "null");
  sessionStorage.removeItem(ASKED);
  history.replaceState(null, "", REDIRECT + (asked?.back || ""));
  if (!asked || asked.state !== query.get("state")) return false; // an old or foreign answer
  if (query.has("error")) {
    localStorage.removeItem(FLAG);
    if (asked.silent) return false;
    throw new Error(query.get("error_description") || query.get("error"));
  }
  await take(await exchange({
    grant_type: "authorization_code", code: query.get("code"), code_verifier: asked.verifier, redirect_uri: REDIRECT,
  }));
  if (tokens.id && payload(tokens.id).nonce !== asked.nonce) throw new Error("The sign-in answer does not belong to this page.");
  localStorage.setItem(FLAG, "1");
  return true;
}

async function renewed() {
  if (tokens?.refresh) {
    try {
      return await take(await exchange({grant_type: "refresh_token", refresh_token: tokens.refresh}));
    } catch (error) {
      if (error instanceof TypeError) throw error; // the line is down: the token may still be renewed later
    }
  }
  await go({prompt: "none"});
  return new Promise(() => {});
}

async function exchange(form) {
  const {token_endpoint: where} = await discover();
  const answer = await fetch(where, {method: "POST", body: new URLSearchParams({client_id: config.client_id, ...form})});
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error_description || body.error || "Signing in failed.");
  return body;
}

async function take(body) {
  tokens = {
    access: body.access_token, refresh: body.refresh_token || tokens?.refresh, id: body.id_token || tokens?.id,
    ends: Date.now() + (body.expires_in || 3600) * 1000,
  };
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(data) {
  return btoa(String.fromCharCode(...data)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function payload(token) {
  const text = atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (each) => each.charCodeAt(0))));
}

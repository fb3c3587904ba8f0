// What `config.json` beside the page says: {api, issuer, client_id, audience?, scope?, sample_agent?}.

export const config = {};

export async function readConfig() {
  const answer = await fetch("config.json", {cache: "no-store"});
  if (!answer.ok) throw new Error("config.json beside this page cannot be read. See docs/page.md for what it holds.");
  Object.assign(config, await answer.json());
  config.api = config.api.replace(/\/$/, "");
}

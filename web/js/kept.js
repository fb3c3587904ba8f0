// Files that are not sent yet, kept by the browser, so that a reload loses nothing. Rows: {image_id, owner, project_id, file}.

const NAME = "realstaging";
const STORE = "unsent";
let opened = null;

export const keep = (row) => run("readwrite", (store) => store.put(row));
export const forget = (imageId) => run("readwrite", (store) => store.delete(imageId));
export const forgetAll = () => run("readwrite", (store) => store.clear());

/** Rows of one owner; empty where the browser keeps nothing (private windows). */
export async function unsent(owner) {
  const rows = await run("readonly", (store) => store.getAll());
  return (rows || []).filter((row) => row.owner === owner);
}

async function run(mode, act) {
  try {
    const base = await open();
    return await new Promise((resolve, reject) => {
      const transaction = base.transaction(STORE, mode);
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  } catch (error) {
    console.warn("The browser keeps no files:", error?.name);
    return null;
  }
}

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, {keyPath: "image_id"});
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

// What survives a killed tab and a flat battery: the queue of what was done, and what the server said of codes and places.
const NAME = "kouan-hand";
const STORES = ["queue", "seen"] as const;
type Store = (typeof STORES)[number];
let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => STORES.forEach((store) => request.result.createObjectStore(store));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function within<T>(store: Store, mode: IDBTransactionMode, ask: (objects: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const transaction = (await open()).transaction(store, mode, { durability: "strict" });
  const request = ask(transaction.objectStore(store));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

export const put = (store: Store, key: string, value: unknown): Promise<unknown> => within(store, "readwrite", (one) => one.put(value, key));
export const take = (store: Store, key: string): Promise<unknown> => within(store, "readwrite", (one) => one.delete(key));
export const read = <T>(store: Store, key: string): Promise<T | undefined> => within<T>(store, "readonly", (one) => one.get(key));
/** In the order of their keys. */
export const all = <T>(store: Store): Promise<T[]> => within<T[]>(store, "readonly", (one) => one.getAll());

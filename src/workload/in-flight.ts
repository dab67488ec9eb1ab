// A bounded number of operations under way at a time, begun in the order of their items.

/**
 * Every slot takes the next item as soon as its operation is done; after the first error nothing
 * new is begun, and it is thrown once all that was under way has ended.
 * @param operate told the item and which slot it has, from 0 to slots - 1
 */
export async function inFlight<Item>(
  items: Iterable<Item>,
  slots: number,
  operate: (item: Item, slot: number) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const errors: unknown[] = [];
  const work = async (slot: number) => {
    while (errors.length === 0) {
      const next = queue.next();
      if (next.done) return;
      try {
        await operate(next.value, slot);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: slots }, (_, slot) => work(slot)));
  if (errors.length > 0) throw errors[0];
}

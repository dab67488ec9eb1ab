/* Writes a recording that heisenwrite reads (recording-layout.md), from C or C++ on Linux. One ring
 * for each thread. Copy this file; it needs no library. Declare events as JSON, fields as a struct:
 *
 *   struct sent { struct hwr_record head; uint32_t id, length; };
 *   #define EVENTS "[{\"name\":\"sent\",\"fields\":[" \
 *     "{\"name\":\"id\",\"type\":\"u32\",\"unit\":\"\",\"offset\":16}," \
 *     "{\"name\":\"length\",\"type\":\"u32\",\"unit\":\"bytes\",\"offset\":20}]}]"
 *   struct hwr ring;
 *   if (hwr_open(&ring, "/dev/shm/sender.hwrec", "sender", 32, 65536, 0, EVENTS)) perror("ring");
 *   struct sent *event = (struct sent *)hwr_begin(&ring);
 *   if (event) { event->id = 1; event->length = 512; hwr_commit(&ring, 0); }
 */
#ifndef HEISENWRITE_RECORDER_H
#define HEISENWRITE_RECORDER_H
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct hwr_record { uint64_t commit, time; };
/* Words of the header, each of 8 bytes: 3 slots, 4 next, 5 dropped, 7 closed. */
struct hwr { uint64_t *header, slots, next; unsigned char *first; size_t record, size; int stop; };

/* Creates the file, which must not exist. Returns 0, or -1 with errno. record_bytes is a power of
 * two, 32 to 4096. With stop, events are refused and counted when all slots are full. */
static inline int hwr_open(struct hwr *r, const char *path, const char *name, uint32_t record_bytes,
                    uint64_t slots, int stop, const char *events)
{
	char boot[37] = "", host[65] = "";
	struct timespec now;
	uint32_t fixed[4] = {1, (uint32_t)((128 + 512 + strlen(name) + strlen(events)) / 4096 + 1) * 4096,
	                     record_bytes, 0};
	size_t size = fixed[1] + (size_t)record_bytes * slots;
	int refused, fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY);
	if (fd >= 0) { if (read(fd, boot, 36) != 36) boot[0] = 0; close(fd); }
	gethostname(host, 64);
	clock_gettime(CLOCK_REALTIME, &now);
	if ((fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0644)) < 0) return -1;
	refused = posix_fallocate(fd, 0, (off_t)size);
	void *map = refused ? MAP_FAILED : mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		if (!refused) refused = errno;
		close(fd);
		unlink(path);
		errno = refused;
		return -1;
	}
	close(fd);
	unsigned char *base = (unsigned char *)map;
	fixed[3] = (uint32_t)snprintf((char *)base + 128, fixed[1] - 128,
	    "{\"writer\":{\"name\":\"%s\",\"process\":%ld,\"thread\":0,\"host\":\"%s\"},\"clock\":"
	    "{\"domain\":\"%s\",\"mode\":\"each\",\"everyEvents\":1},\"startedMs\":%lld,"
	    "\"whenFull\":\"%s\",\"events\":%s}",
	    name, (long)getpid(), host, boot, now.tv_sec * 1000LL + now.tv_nsec / 1000000,
	    stop ? "stop" : "overwrite", events);
	memcpy(base + 8, fixed, sizeof fixed);
	r->header = (uint64_t *)map;
	r->first = base + fixed[1];
	r->header[3] = r->slots = slots;
	r->header[9] = UINT64_MAX; /* no clock offset was estimated */
	r->next = 0;
	r->record = record_bytes;
	r->size = size;
	r->stop = stop;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(base, "HWRECORD", 8);
	return 0;
}

/* The record to fill in, its time already set, or NULL when the ring is full. */
static inline void *hwr_begin(struct hwr *r)
{
	struct timespec now;
	if (r->stop && r->next >= r->slots) { r->header[5]++; return 0; }
	struct hwr_record *record = (struct hwr_record *)(r->first + r->next % r->slots * r->record);
	__atomic_store_n(&record->commit, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	clock_gettime(CLOCK_MONOTONIC, &now);
	record->time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return record;
}

/* The record that hwr_begin gave is whole. event: its place in EVENTS, from 0. */
static inline void hwr_commit(struct hwr *r, unsigned event)
{
	struct hwr_record *record = (struct hwr_record *)(r->first + r->next % r->slots * r->record);
	__atomic_store_n(&record->commit, (uint64_t)event << 48 | ++r->next, __ATOMIC_RELEASE);
	__atomic_store_n(&r->header[4], r->next, __ATOMIC_RELEASE);
}

static inline void hwr_close(struct hwr *r) { r->header[7] = 1; munmap(r->header, r->size); }
#endif

/* libqb's blackbox, as a program uses it: one event of three integers. The list of events is printed
 * at the end, so that what is missing can be counted.
 * blackbox EVENTS THREADS RING_BYTES: prints CPU ns an event, then as many lines as it kept. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#include <qb/qbdefs.h>
#include <qb/qblog.h>

static int events;

static void *record(void *unused)
{
	for (int i = 0; i < events; i++) qb_log(LOG_DEBUG, "step %d %d %d", i, i + 1, i + 2);
	return unused;
}

/* Time that this process was given: the machine may be busy with something else. */
static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return at.tv_sec * 1e9 + at.tv_nsec;
}

int main(int count, char **given)
{
	if (count != 5) return 2;
	int threads = atoi(given[2]);
	pthread_t running[16];
	events = atoi(given[1]);
	qb_log_init("bench", LOG_USER, LOG_EMERG);
	qb_log_ctl(QB_LOG_SYSLOG, QB_LOG_CONF_ENABLED, QB_FALSE);
	qb_log_filter_ctl(QB_LOG_BLACKBOX, QB_LOG_FILTER_ADD, QB_LOG_FILTER_FILE, "*", LOG_DEBUG);
	qb_log_ctl(QB_LOG_BLACKBOX, QB_LOG_CONF_SIZE, atoi(given[3]));
	if (threads > 1) qb_log_ctl(QB_LOG_BLACKBOX, QB_LOG_CONF_THREADED, QB_FALSE);
	if (qb_log_ctl(QB_LOG_BLACKBOX, QB_LOG_CONF_ENABLED, QB_TRUE)) return 3;
	double from = now();
	if (threads == 1) record(0);
	else {
		for (int i = 0; i < threads; i++) pthread_create(&running[i], 0, record, 0);
		for (int i = 0; i < threads; i++) pthread_join(running[i], 0);
	}
	printf("%.3f\n", (now() - from) / events);
	fflush(stdout);
	if (threads == 1) return 0;
	if (qb_log_blackbox_write_to_file(given[4]) < 0) return 4;
	qb_log_blackbox_print_from_file(given[4]);
	return 0;
}

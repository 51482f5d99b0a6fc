/*
 * Sends packets into several network namespaces by turns: `sender BURSTS WARM NAMESPACE:PCAP:FIRST:COUNT …`. Each road's COUNT packets, from
 * the FIRST on, go out of its interface `card` in BURSTS bursts, one road after the other; prints a line per road, the nanoseconds of each burst. The
 * first WARM packets of a burst are not timed. tcpreplay could send too, but a pass of it lasts so long that what else runs on the machine is
 * another thing in the next one's: here what is compared lies milliseconds apart.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 24, RECORD = 16, FRAME = 60, ROADS = 32, BURSTS = 64, BATCH = 64 };

struct road {
	int socket;
	char *packets;
	long first, count;
	double nanoseconds[BURSTS];
};

static void open_road(struct road *road, char *text)
{
	char space[256], file[4096], path[300];
	if (sscanf(text, "%255[^:]:%4095[^:]:%ld:%ld", space, file, &road->first, &road->count) != 4)
		errx(1, "Not NAMESPACE:PCAP:FIRST:COUNT: %s", text);
	snprintf(path, sizeof path, "/run/netns/%s", space);
	int netns = open(path, O_RDONLY), pcap = open(file, O_RDONLY);
	struct stat stat;
	if (netns < 0 || setns(netns, CLONE_NEWNET) < 0 || pcap < 0 || fstat(pcap, &stat) < 0)
		err(1, "%s", text);
	if ((road->first + road->count) * (RECORD + FRAME) + HEAD > stat.st_size)
		errx(1, "%s: not so many packets", text);
	road->packets = malloc(stat.st_size);
	if (road->packets == NULL || read(pcap, road->packets, stat.st_size) != stat.st_size)
		err(1, "%s", file);
	/* Protocol 0: nothing is received. */
	road->socket = socket(AF_PACKET, SOCK_RAW, 0);
	struct sockaddr_ll card = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex("card")};
	int yes = 1;
	if (road->socket < 0 || bind(road->socket, (struct sockaddr *)&card, sizeof card) < 0 ||
	    setsockopt(road->socket, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes) < 0)
		err(1, "%s", space);
	close(netns);
	close(pcap);
}

static void send_some(struct road *road, long from, long to)
{
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	while (from < to) {
		int count = to - from < BATCH ? to - from : BATCH;
		for (int at = 0; at < count; at++) {
			char *packet = road->packets + HEAD + (road->first + from + at) * (RECORD + FRAME) + RECORD;
			parts[at] = (struct iovec){packet, FRAME};
			messages[at].msg_hdr = (struct msghdr){.msg_iov = &parts[at], .msg_iovlen = 1};
		}
		int sent = sendmmsg(road->socket, messages, count, 0);
		if (sent < 0)
			err(1, "sendmmsg");
		from += sent;
	}
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int argc, char **argv)
{
	static struct road roads[ROADS];
	int bursts = argc > 3 ? atoi(argv[1]) : 0, warm = argc > 3 ? atoi(argv[2]) : 0, count = argc - 3;
	if (bursts < 1 || bursts > BURSTS || count < 1 || count > ROADS)
		errx(2, "sender BURSTS WARM NAMESPACE:PCAP:FIRST:COUNT …");
	for (int at = 0; at < count; at++)
		open_road(&roads[at], argv[at + 3]);
	for (int burst = 0; burst < bursts; burst++)
		for (int at = 0; at < count; at++) {
			struct road *road = &roads[at];
			long from = road->count * burst / bursts, to = road->count * (burst + 1) / bursts;
			long timed = from + (to - from < 2 * warm ? (to - from) / 2 : warm);
			send_some(road, from, timed);
			double began = now();
			send_some(road, timed, to);
			road->nanoseconds[burst] = (now() - began) / (to - timed);
		}
	for (int at = 0; at < count; at++)
		for (int burst = 0; burst < bursts; burst++)
			printf("%.1f%c", roads[at].nanoseconds[burst], burst + 1 < bursts ? ' ' : '\n');
	return 0;
}

# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Real servers on loopback for a while, and what is asked of them. After tests/report.sh.
# shellcheck disable=SC2154,SC2317

work=$(mktemp -d)
pids=()

end_all()
{
	local pid

	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	wait
	rm -rf "$work"
}

note()
{
	echo "# $*"
}

give_up()
{
	not_ok "$1"
	tail -n 5 "$work"/*.log | sed 's/^/#   /'
	exit 1
}

# start NAME COMMAND...: ended with the script, and after LIMIT seconds in any case
start()
{
	local name=$1

	shift
	timeout "${LIMIT:-300}" "$@" >"$work/$name.log" 2>&1 &
	pids+=("$!")
}

# within SECONDS COMMAND...: as soon as it succeeds
within()
{
	local deadline=$((SECONDS + $1))

	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.2
	done
}

get()
{
	curl -sf --noproxy '*' --max-time 10 "$@"
}

answers()
{
	get -o "$work/answer" "$1"
}

now()
{
	date +%s.%3N
}

# ---- asking ----

# query PROMQL: the values, one a line
query()
{
	get --data-urlencode "query=$1" "http://$prometheus/api/v1/query" |
		jq -r '.data.result[].value[1]'
}

query_is()
{
	[ "$(query "$1")" = "$2" ]
}

# Alerts of Prometheus in that state: "NAME INSTANCE"
alerts()
{
	get "http://$prometheus/api/v1/alerts" |
		jq -r --arg state "$1" '.data.alerts[] | select(.state == $state) |
			"\(.labels.alertname) \(.labels.instance)"' | sort -u
}

# Alerts that Alertmanager has, likewise.
am_alerts()
{
	get "http://$alertmanager/api/v2/alerts?active=true" |
		jq -r '.[].labels | "\(.alertname) \(.instance)"' | sort -u
}

# am_has NAME INSTANCE...
am_has()
{
	local have name=$1 instance

	shift
	have=$(am_alerts)
	for instance in "$@"; do
		grep -qxF "$name $instance" <<<"$have" || return 1
	done
}

# Three ports that nobody has. Prometheus and the others cannot choose one themselves.
free_ports()
{
	/usr/bin/python3 -c 'import socket
s = [socket.socket() for i in range(3)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])'
}

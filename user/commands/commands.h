/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One function per command; each returns an exit status. */
#ifndef COMMANDS_H
#define COMMANDS_H

int command_watch(int argc, char **argv);
int command_record(int argc, char **argv);
int command_check(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_show(int argc, char **argv);
int command_report(int argc, char **argv);
int command_schema(int argc, char **argv);

#endif

#include "echo_epoll.h"

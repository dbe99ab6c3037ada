"""How any node is asked, and what its refusals mean. The only room with a socket."""

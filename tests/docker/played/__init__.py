"""What runs in the image that plays gnzsnz/ib-gateway: run.sh, IBC, socat and, once logged in, a simulated gateway.

It keeps what can be observed of the real image from outside: the environment that it reads, its ports, the lines of
its log and their order, what it does when a login fails, and its exit codes. The lines are those of
gnzsnz/ib-gateway-docker and IBC 3.24, seen in their sources and in logs that people published; the code is ours. What
is only inferred is marked so in ``outcomes.py``.

Of the real image's environment it reads ``TRADING_MODE``, ``TWS_USERID``, ``TWS_PASSWORD[_FILE]``,
``TWS_USERID_PAPER``,
``TWS_PASSWORD_PAPER[_FILE]``, ``VNC_SERVER_PASSWORD[_FILE]``, ``READ_ONLY_API``, ``EXISTING_SESSION_DETECTED_ACTION``,
``TWOFA_TIMEOUT_ACTION``, ``TWOFA_EXIT_INTERVAL``, ``RELOGIN_AFTER_TWOFA_TIMEOUT``, ``IB_GATEWAY_VERSION`` and
``TWS_MAJOR_VRSN``. What else happens is set by ``PLAY_…``:

=========================  ==========================================================================================
variable (default)         meaning
=========================  ==========================================================================================
PLAY_SCALE (1)             every delay is multiplied by it, those of the real image too; the images set 0.01
PLAY_DIALOG_AFTER (5)      seconds until the login dialog is there
PLAY_LOGIN_TAKES (5)       seconds from the click on Log In until the answer
PLAY_LOADING_TAKES (10)    seconds from the answer until the login has completed
PLAY_USERID (edemo)        the user name that IBKR knows
PLAY_PASSWORD (demouser)   its password
PLAY_OTHERS                more user names that it knows, with commas between them, with the same password
PLAY_USERID_PAPER,         those of the paper login of ``TRADING_MODE=both`` (edemopaper, demopaper)
PLAY_PASSWORD_PAPER
PLAY_LOGIN (succeeds)      what becomes of a login with the right password: ``succeeds``, ``too-many-attempts``,
                           ``no-dialog``, ``no-control``, ``not-available``, ``desupported``, ``server-unreachable``,
                           ``no-device``
PLAY_REFUSAL               the dialog after a wrong password: ``Login failed`` unless set, or
                           ``Unrecognized Username or Password``
PLAY_2FA (no)              ``no``; ``confirmed`` after PLAY_2FA_AFTER; ``ignored`` for the 180 s that IBKR waits;
                           ``lost``: confirmed after PLAY_2FA_AFTER, and still the login never completes
PLAY_2FA_AFTER (20)        seconds until somebody confirms
PLAY_EXISTING_SESSION (no) ``yes``: the user is logged in elsewhere
PLAY_SCENARIO              the scenario of the simulated gateway, such as ``silent``: logged in, but the API is mute
PLAY_EXIT_CODE             IBC exits with this code, PLAY_EXIT_AFTER (0) seconds after its start; ``logged-in``: as
                           soon as the login and the configuration tasks are done
PLAY_IGNORES_SIGTERM (no)  ``yes``: only a kill ends it
PLAY_ERRORS (shown)        ``hidden``: what IBC writes to its standard error is not in the log (newer ibcstart.sh)
=========================  ==========================================================================================
"""

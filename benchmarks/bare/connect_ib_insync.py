import sys

import ib_insync

ib = ib_insync.IB()
ib.connect(sys.argv[1], int(sys.argv[2]), clientId=int(sys.argv[3]), timeout=4)
print(ib.client.serverVersion(), ib.managedAccounts(), ib.client.getReqId())
ib.disconnect()

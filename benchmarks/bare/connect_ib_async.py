import sys

import ib_async

ib = ib_async.IB()
ib.connect(sys.argv[1], int(sys.argv[2]), clientId=int(sys.argv[3]), timeout=4)
print(ib.client.serverVersion(), ib.managedAccounts(), ib.client.getReqId())
ib.disconnect()

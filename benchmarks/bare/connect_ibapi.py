import sys
import threading

from ibapi.client import EClient
from ibapi.wrapper import EWrapper


class App(EWrapper, EClient):
    def __init__(self):
        EClient.__init__(self, self)

    def nextValidId(self, order_id):
        print(self.serverVersion(), order_id)
        self.disconnect()


app = App()
app.connect(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
threading.Thread(target=app.run).start()

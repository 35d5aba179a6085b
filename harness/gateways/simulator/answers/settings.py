"""Answers requests to change the gateway's own settings: what is as it is asked to be succeeds, a change is refused.

A simulated gateway's settings are those of its behaviour, for as long as it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.gateways.simulator.answers.clock_and_ids import settings
from harness.gateways.simulator.client import Answer, Client
from harness.wire.catalogue import catalogue
from harness.wire.message import Message

DONE, DONE_TEXT = "success", "Configuration updated"
REFUSED, REFUSED_TEXT = "error", "Validating configuration update request has failed"
"""Status and message, as IBKR documents them; documented are also the names of the fields, with their paths."""

_LOCK_AND_EXIT = "configuration.lockAndExit."
_SETTINGS = "configuration.api.settings."
_PRECAUTIONS = "configuration.api.precautions."
_ROUTING = "configuration.orders.smartRouting."
_PLACES: Mapping[str, str] = {
    "allow_forex_trading_in_1_10_pips": f"{_SETTINGS}allowForexTradingIn1_10Pips",
    "auto_logoff_period": f"{_LOCK_AND_EXIT}autoLogoffPeriod",
    "auto_logoff_time": f"{_LOCK_AND_EXIT}autoLogoffTime",
    "auto_logoff_type": f"{_LOCK_AND_EXIT}autoLogoffType",
    "auto_report_netting_event_contract_trades": f"{_SETTINGS}autoReportNettingEventContractTrades",
    "bulk_data_timeout": f"{_SETTINGS}bulkDataTimeout",
    "bypass_bond_warning": f"{_PRECAUTIONS}bypassBondWarning",
    "bypass_called_bond_warning": f"{_PRECAUTIONS}bypassCalledBondWarning",
    "bypass_flagged_accounts_warning": f"{_PRECAUTIONS}bypassFlaggedAccountsWarning",
    "bypass_negative_yield_confirmation": f"{_PRECAUTIONS}bypassNegativeYieldConfirmation",
    "bypass_no_overfill_protection": f"{_PRECAUTIONS}bypassNoOverfillProtection",
    "bypass_order_precautions": f"{_PRECAUTIONS}bypassOrderPrecautions",
    "bypass_price_based_volatility_warning": f"{_PRECAUTIONS}bypassPriceBasedVolatilityWarning",
    "bypass_redirect_order_warning": f"{_PRECAUTIONS}bypassRedirectOrderWarning",
    "bypass_route_marketable_to_bbo": f"{_PRECAUTIONS}bypassRouteMarketableToBBO",
    "bypass_same_action_pair_trade_warning": f"{_PRECAUTIONS}bypassSameActionPairTradeWarning",
    "compatibility_mode_nasdaq_stocks": f"{_SETTINGS}compatibilityModeNasdaqStocks",
    "component_exch_separator": f"{_SETTINGS}componentExchSeparator",
    "creates_message_log": f"{_SETTINGS}createApiMessageLogFile",
    "default_algorithm": f"{_ROUTING}defaultAlgorithm",
    "do_not_route_to_dark_pools": f"{_ROUTING}doNotRouteToDarkPools",
    "download_open_orders": f"{_SETTINGS}downloadOpenOrdersOnConnection",
    "encode_api_messages": f"{_SETTINGS}encodeApiMessages",
    "expose_trading_schedule_to_api": f"{_SETTINGS}exposeTradingScheduleToApi",
    "historical_data_max_size": f"{_SETTINGS}historicalDataMaxSize",
    "include_market_data_in_log_file": f"{_SETTINGS}includeMarketDataInLogFile",
    "include_virtual_fx_positions": f"{_SETTINGS}includeVirtualFxPositions",
    "keeps_connection_on_bad_fields": f"{_SETTINGS}maintainConnectionOnIncorrectFields",
    "let_api_account_requests_switch_subscription": f"{_SETTINGS}letApiAccountRequestsSwitchSubscription",
    "localhost_only": f"{_SETTINGS}allowLocalhostOnly",
    "logging_level": f"{_SETTINGS}loggingLevel",
    "master_client_id": f"{_SETTINGS}masterClientId",
    "messages": "configuration.messages",
    "option_exercise_request_type": f"{_SETTINGS}optionExerciseRequestType",
    "pre_open_reroute": f"{_ROUTING}preOpenReroute",
    "prepare_daily_pnl": f"{_SETTINGS}prepareDailyPnL",
    "read_only": f"{_SETTINGS}readOnlyApi",
    "rejects_above_max_rate": f"{_SETTINGS}rejectMessagesAboveMaxRate",
    "reset_api_order_sequence": "configuration.resetAPIOrderSequence",  # inferred
    "resubmits_orders": f"{_SETTINGS}maintainAndResubmitOrdersOnReconnect",
    "round_account_values_to_nearest_whole_number": f"{_SETTINGS}roundAccountValuesToNearestWholeNumber",
    "seek_price_improvement": f"{_ROUTING}seekPriceImprovement",
    "send_forex_data_in_compatibility_mode": f"{_SETTINGS}sendForexDataInCompatibilityMode",
    "send_status_updates_for_volatility_orders": f"{_SETTINGS}sendStatusUpdatesForVolatilityOrders",
    "send_zero_positions_for_today_only": f"{_SETTINGS}sendZeroPositionsForTodayOnly",
    "sends_lots": f"{_SETTINGS}sendMarketDataInLotsForUsStocks",
    "show_advanced_order_reject_in_ui": f"{_SETTINGS}showAdvancedOrderRejectInUi",
    "show_forex_data_in_1_10_pips": f"{_SETTINGS}showForexDataIn1_10Pips",
    "socket_port": f"{_SETTINGS}socketPort",
    "split_insured_deposit_from_cash_balance": f"{_SETTINGS}splitInsuredDepositFromCashBalance",
    "time_zone": f"{_SETTINGS}sendInstrumentTimezone",
    "total_quantity_for_mutual_funds": f"{_SETTINGS}totalQuantityForMutualFunds",
    "trusted_ips": f"{_SETTINGS}trustedIPs",
    "use_account_groups_with_allocation_methods": f"{_SETTINGS}useAccountGroupsWithAllocationMethods",
    "use_negative_auto_range": f"{_SETTINGS}useNegativeAutoRange",
}


def _update(request: Message, client: Client) -> Iterator[Message]:
    left_alone = catalogue().by_name["update_config"].defaults
    now = {**catalogue().by_name["config"].defaults, **settings(client)}
    told = [name for name in _PLACES if request[name] != left_alone[name]]
    other = [{"field": _PLACES[name]} for name in told if request[name] != now.get(name)]
    status, text = (REFUSED, REFUSED_TEXT) if other else (DONE, DONE_TEXT)
    answer = {"req_id": request["req_id"], "status": status, "message": text, "errors": other}
    yield Message("update_config_response", answer)


ANSWERS: Mapping[str, Answer] = {"update_config": _update}

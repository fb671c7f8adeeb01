"""A menu file for the sessions' tests, in English: resuming, receipts, slow look-ups, switches, people, notices."""

from __future__ import annotations

EXTRA = """
entries:
  - {ussd: "*700#", go: start, resume: true}
  - {ussd: "*701#", go: start}
  - {ussd: "*702#", go: slow}
  - {ussd: "*703#", go: patient}
  - {sms: "702", text: "", go: slow}
  - {sms: "700", text: "pay {amount}", go: pay}
  - {call: "700", go: start}
  - {call: "702", go: slow, then: start}

menus:
  start:
    say: Start
    choices:
      "1": {label: Form, go: form}
      "2": {label: Receipt, go: receipt}
      "3": {label: Offer, go: offer, switch: offers}
      "4": {label: Info, go: info}
      "5": {label: Person, go: person}

  form:
    ask:
      amount: {say: "How much?", type: money}
      pin: {say: "Your PIN?", digits: "4", secret: true}
    confirm: "Pay {amount}?"
    say: "Done with {amount}."

  receipt: {say: "A receipt.", also_sms: true}

  offer: {say: "An offer."}

  info:
    get: {info: accounts.line}
    fee: balance
    say: "Tariff {info.tariff}."

  slow:
    get: {info: {from: accounts.line, late: send_by_sms}}
    fee: balance
    say: "Slow {info.tariff}."

  patient:
    get: {info: {from: accounts.line, late: wait}}
    say: "Patient {info.tariff}."

  pay:
    ask: {amount: {type: money}}
    say: "Paid {amount}."

  person:
    say: {default: "Call 111.", call: "One moment."}
    connect: support
    otherwise: {closed: "Closed now.", busy: {say: "All are busy.", go: home}, no_answer: "Nobody answered."}

"""
NOTICES = """
notices:
  charged: {about: usage.charged, when: charge > 0, by: [ussd_notice, flash], say: "Charged {charge}, left {balance}."}
  ready: {about: bill.ready, serves: postpaid, by: [ussd_session, sms], go: posted.bill}
  given: {about: grants.done, when: given, switch: offers, by: sms, say: "{number} may read your bill."}
"""
BILL = """
serves: postpaid
not_served: "Not for you."
entries:
  - {ussd: "*704#", go: bill}
menus:
  bill:
    get: {bill: accounts.bill}
    fee: bill
    say: {default: "Your bill is {bill.billed}.", ussd: "Bill {bill.billed}"}
    choices: {"1": {label: Due, go: due}}
  due:
    get: {bill: accounts.bill}
    say: "Due {bill.due}."
"""
FILES = {"extra.yaml": EXTRA, "posted.yaml": BILL, "notices.yaml": NOTICES}
"""Menus beside the shipped ones, and notices in their place: an event is told of once."""
CHANGES = {"switches: {grants": "switches: {offers: true, grants"}

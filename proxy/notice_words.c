/* SPDX-License-Identifier: Apache-2.0 */
/* The notice in English, Dutch, German and Polish: plain words, no law terms that need a lawyer. */
#include "proxy/notice_words.h"

const struct notice_words notice_words[TEXT_LANGUAGES] = {
	{
		"English", "What is inspected on this network", "This organisation",
		"looks after the contact details of the people in your address book. On this "
		"network it opens the connections of some apps, so that the upload of a whole "
		"address book is noticed, and stopped where the rules say so.",
		"At present no connection is opened.",
		"What is opened",
		"Only connections of these groups of devices to these services:",
		"Nothing.",
		"What is never opened",
		"Banks, health, trade unions and staff councils, reports of wrongdoing, "
		"lawyers, pastoral care, the search for a job, dealings with the state, "
		"password managers, private mail and intimate matters. And everything that is "
		"not in the list above.",
		"What is kept",
		"The service, the recipient, the time, a pseudonym of the device, and how many "
		"contacts an upload held.",
		"The service, the recipient, the time, the network address of the device, and "
		"how many contacts an upload held.",
		"Never a phone number, a mail address, a name, a message or a password.",
		"It is deleted after", "days.",
		"On what footing", "Data protection impact assessment", "Works council",
		"The staff were told on",
		"Whom to ask", "The data protection officer:"
	}, {
		"Nederlands", "Wat op dit netwerk wordt bekeken", "Deze organisatie",
		"beschermt de contactgegevens van de mensen in uw adresboek. Op dit netwerk "
		"opent zij de verbindingen van sommige apps, zodat het versturen van een heel "
		"adresboek opvalt en wordt tegengehouden waar de regels dat zeggen.",
		"Op dit moment wordt geen enkele verbinding geopend.",
		"Wat wordt geopend",
		"Alleen verbindingen van deze groepen apparaten met deze diensten:",
		"Niets.",
		"Wat nooit wordt geopend",
		"Banken, gezondheid, vakbonden en ondernemingsraden, meldingen van misstanden, "
		"advocaten, geestelijke zorg, het zoeken naar werk, zaken met de overheid, "
		"wachtwoordkluizen, privémail en intieme zaken. En alles wat niet in de lijst "
		"hierboven staat.",
		"Wat wordt bewaard",
		"De dienst, de ontvanger, het tijdstip, een pseudoniem van het apparaat en "
		"hoeveel contacten een upload bevatte.",
		"De dienst, de ontvanger, het tijdstip, het netwerkadres van het apparaat en "
		"hoeveel contacten een upload bevatte.",
		"Nooit een telefoonnummer, een mailadres, een naam, een bericht of een wachtwoord.",
		"Het wordt verwijderd na", "dagen.",
		"Op welke grondslag", "Gegevensbeschermingseffectbeoordeling (DPIA)",
		"Ondernemingsraad", "Het personeel is ingelicht op",
		"Bij wie u terechtkunt", "De functionaris gegevensbescherming:"
	}, {
		"Deutsch", "Was in diesem Netz geprüft wird", "Diese Organisation",
		"schützt die Kontaktdaten der Menschen in Ihrem Adressbuch. In diesem Netz "
		"öffnet sie die Verbindungen einiger Apps, damit auffällt, wenn ein ganzes "
		"Adressbuch gesendet wird, und damit es angehalten wird, wo die Regeln das "
		"verlangen.",
		"Zurzeit wird keine Verbindung geöffnet.",
		"Was geöffnet wird",
		"Nur Verbindungen dieser Gruppen von Geräten zu diesen Diensten:",
		"Nichts.",
		"Was nie geöffnet wird",
		"Banken, Gesundheit, Gewerkschaften und Betriebsräte, Meldungen von "
		"Missständen, Anwältinnen und Anwälte, Seelsorge, Stellensuche, Behörden, "
		"Passwortspeicher, private Post und Intimes. Und alles, was nicht in der Liste "
		"oben steht.",
		"Was aufbewahrt wird",
		"Der Dienst, der Empfänger, die Zeit, ein Pseudonym des Geräts und wie viele "
		"Kontakte ein Upload enthielt.",
		"Der Dienst, der Empfänger, die Zeit, die Netzadresse des Geräts und wie "
		"viele Kontakte ein Upload enthielt.",
		"Nie eine Telefonnummer, eine Mailadresse, ein Name, eine Nachricht oder ein "
		"Passwort.",
		"Gelöscht wird es nach", "Tagen.",
		"Auf welcher Grundlage", "Datenschutz-Folgenabschätzung", "Betriebsrat",
		"Die Beschäftigten wurden informiert am",
		"Wen Sie fragen können", "Datenschutzbeauftragte Person:"
	}, {
		"Polski", "Co jest sprawdzane w tej sieci", "Ta organizacja",
		"dba o dane kontaktowe osób z Twojej książki adresowej. W tej sieci otwiera "
		"połączenia niektórych aplikacji, aby zauważyć wysyłanie całej książki "
		"adresowej i zatrzymać je tam, gdzie nakazują to reguły.",
		"Obecnie żadne połączenie nie jest otwierane.",
		"Co jest otwierane",
		"Tylko połączenia tych grup urządzeń z tymi usługami:",
		"Nic.",
		"Czego nigdy się nie otwiera",
		"Banki, zdrowie, związki zawodowe i rady pracowników, zgłoszenia "
		"nieprawidłowości, prawnicy, duszpasterstwo, szukanie pracy, sprawy "
		"urzędowe, menedżery haseł, poczta prywatna i sprawy intymne. Oraz wszystko, "
		"czego nie ma na liście powyżej.",
		"Co jest przechowywane",
		"Usługa, odbiorca, czas, pseudonim urządzenia i liczba kontaktów w "
		"wysyłanych danych.",
		"Usługa, odbiorca, czas, adres sieciowy urządzenia i liczba kontaktów w "
		"wysyłanych danych.",
		"Nigdy numer telefonu, adres e-mail, imię ani nazwisko, wiadomość ani hasło.",
		"Liczba dni, po których dane są usuwane:", "",
		"Na jakiej podstawie", "Ocena skutków dla ochrony danych", "Rada pracowników",
		"Pracowników poinformowano dnia",
		"Kogo zapytać", "Inspektor ochrony danych:"
	}
};

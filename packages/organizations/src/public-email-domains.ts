/**
 * Where anybody gets an e-mail address: no organization has these, and who has an address there belongs to none by it. The
 * large providers, with the names that they have by country. Nobody but the provider could prove one, so that the list
 * spares a useless wait; a service with stricter needs compares for itself.
 */
const domains: ReadonlySet<string> = new Set(
  `126.com 139.com 163.com aim.com alice.it aol.com arcor.de att.net bellsouth.net bigpond.com bk.ru bluewin.ch
   bol.com.br btinternet.com centrum.cz charter.net comcast.net cox.net daum.net duck.com earthlink.net fastmail.com
   fastmail.fm foxmail.com free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hanmail.net
   hey.com hinet.net hotmail.be hotmail.co.jp hotmail.co.uk hotmail.com hotmail.com.br hotmail.com.tw hotmail.de hotmail.es
   hotmail.fr hotmail.it hushmail.com icloud.com inbox.ru interia.pl laposte.net libero.it list.ru live.ca live.co.uk live.com
   live.fr live.nl mac.com mail.com mail.ru mailbox.org mailfence.com mailinator.com me.com msn.com naver.com o2.pl onet.pl
   optonline.net orange.fr outlook.com outlook.com.br outlook.de outlook.es outlook.fr outlook.jp pchome.com.tw pm.me
   posteo.de proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com sapo.pt sbcglobal.net
   seznam.cz sfr.fr shaw.ca sina.cn sina.com skynet.be sohu.com sympatico.ca t-online.de telenet.be terra.com.br tiscali.it
   tuta.com tuta.io tutanota.com ukr.net uol.com.br verizon.net virgilio.it virginmedia.com wanadoo.fr web.de windowslive.com
   wp.pl xs4all.nl yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.au yahoo.com.br yahoo.com.hk yahoo.com.tw
   yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru yeah.net ymail.com zoho.com`.split(/\s+/),
)

/** Whether a normalised domain is one of those. */
export function isPublicEmailDomain(domain: string): boolean {
  return domains.has(domain)
}

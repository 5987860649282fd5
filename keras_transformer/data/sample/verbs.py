# ruff: noqa: E501 (Hangul counts double, and a table row is one line)
"""The verbs, adjectives and adverbs of the sample corpus, as tables.

A line of ``VERB_TABLE``: stem | English | objects | places | article and flags. Objects and places
are names of classes of ``nouns.py`` or single words. One verb may have several lines: what is
bought at a market is not what is bought at a bookstore.
"""

from __future__ import annotations

from keras_transformer.data.sample.nouns import NOUN, NOUNS_OF, PLACE, PLACES_OF
from keras_transformer.data.sample.words import Adjective, Noun, Place, Time, Verb, Word

VERB_TABLE = """\
먹 | eat | dish, food, fruit | home, 부엌, cafe, park | a
먹 | eat | meat, 과자, 샌드위치, 햄버거 | home, 식당, hotel | a
마시 | drink | drink | home, cafe, park, office, hotel | a
요리하 | cook | 불고기, 카레, 스파게티, 국수, meat, 감자, 버섯, 양파 | home, 부엌 | a
만들 | make | 김치, 샌드위치, 김밥, 만두, 샐러드, 피자, 아이스크림, 과자 | home, 부엌 | a
만들 | make | 인형, 장난감, 의자, 책상, 책장, 카드 | 집, 학교, 교실 | a
굽 | bake | 빵, 과자, 피자 | home, 부엌 | a
굽 | roast | meat, 고구마, 감자 | 마당, 정원, 바닷가 | a
볶 | stir-fry | 버섯, 양파, 당근, 김치 | 부엌 | a
삶 | boil | 계란, 고구마, 감자, 국수 | 부엌 | a
씻 | wash | fruit, vegetable, 접시, 컵 | 부엌 | the
깎 | peel | 복숭아, 참외, vegetable | 부엌, 거실 | a
썰 | slice | 오이, 당근, 양파, 두부, 치즈, 빵 | 부엌 | a
주문하 | order | dish, drink, 샌드위치, 햄버거 | cafe, hotel | a
사 | buy | fruit, vegetable, meat, food, drink | market | a
사 | buy | clothes, shoes, headwear, handwear | 백화점, 시장, 서울, 파리 | a
사 | buy | device, thing, furniture, instrument, strings, bike | store, 시장 | a rare
사 | buy | book, 신문, 지도, 달력, stationery | bookstore | a
사 | buy | plant | flower shop | a
사 | buy | 빵, 과자, 샌드위치 | bakery | a
사 | buy | 표, 신문 | 역, 극장 | a
팔 | sell | fruit, vegetable, 생선, 빵, 꽃 | market, 시골 | generic
고르 | choose | clothes, shoes, 가방, 선물, 인형 | store | a
입 | wear | clothes | | a
신 | wear | shoes | | a
쓰 | wear | headwear | | a
끼 | wear | handwear | | a
벗 | take off | clothes, shoes, headwear, 장갑 | 방, 거실 | a
빨 | wash | clothes, 양말, 운동화, 수건, 담요 | 집 | the
읽 | read | 책, 소설, 잡지, 만화책, text | study, 카페, 방, 거실, park | a
쓰 | write | 편지, 시, 이메일, 보고서, 동화, 소설 | study, 카페, 방 | a
쓰 | use | 컴퓨터, 노트북, 사전 | study, office | a
쓰 | use | 가위, 지우개, 연필, 공책 | 교실, 학교, 방 | a
쓰 | use | 카메라, 우산, 칫솔, 수건, 비누, 숟가락, 선풍기 | 집, 호텔 | a
빌리 | borrow | book | 도서관, 학교 | a point
빌리 | borrow | bike, 우산, 카메라 | 공원, 호텔 | a point
번역하 | translate | 편지, 시, 이메일, 보고서, 동화, 신문, 소설 | office, 도서관 | a
보내 | send | 편지, 이메일, 선물, 사진, 카드 | post, office | a
받 | receive | 편지, 이메일, 선물, 카드, 사진 | office, 학교 | a involuntary point
보 | watch | show | home, 거실, 극장 | a
보 | watch | game | 서울, 부산, 런던 | a
보 | see | zoo | zoo | a involuntary
보 | see | farm | farm | a involuntary
보 | see | 별, 달, 구름 | 바닷가, 마당, park | the involuntary
보 | see | pet, plant | park, garden | a involuntary
듣 | listen to | music | home, 방, 거실, cafe, park | a
듣 | listen to | 라디오 | home, 방, 거실, office | the
부르 | sing | 노래 | home, 교실, park | a
치 | play | instrument | home, 거실, 학교 | the
켜 | play | strings | home, 거실, 학교 | the
치 | play | racket sport | sport, 학교, 공원 | bare
하 | play | ball sport | sport, 학교, 공원 | bare
하 | do | chore | home | the
운동하 | exercise | | sport, park, home | bare
배우 | learn | language, lesson | 학교, city, country | bare
배우 | learn | instrument, strings | 학교, 서울 | the
가르치 | teach | language, subject, lesson | 학교, city, country | bare
공부하 | study | language, subject | study, country, 카페 | bare
연습하 | practice | instrument, strings | 집, 학교, 방 | the
그리 | draw | zoo, 나무 | zoo | a
그리 | draw | 그림, pet, plant, 얼굴 | 교실, park, 방, garden | a
찍 | take | 사진 | park, city, zoo, culture | a
타 | take | 버스, 지하철, 기차 | 서울, 부산, 런던, 파리 | the
타 | take | 택시, 비행기 | 서울, 부산, 뉴욕 | a
타 | ride | bike | park, 시골 | a
운전하 | drive | 버스, 택시 | city, 시골 | a
고치 | fix | device, 시계, bike, 의자, 문 | home, 마당, office | the rare
청소하 | clean | 방, 부엌, 거실, 교실, 화장실 | | the
닦 | wipe | 창문, 책상, 식탁, 거울, 접시 | home, 교실 | the
열 | open | room, 상자 | home, 교실, office | the point
닫 | close | room | home, 교실, office | the point
켜 | turn on | 텔레비전, 라디오, 에어컨, 컴퓨터, 선풍기, 램프 | 방, 거실, office, 교실 | the point
끄 | turn off | 텔레비전, 라디오, 에어컨, 컴퓨터, 선풍기, 램프 | 방, 거실, office, 교실 | the point
옮기 | move | 책상, 의자, 침대, 소파, 식탁, 책장, 상자 | 방, 거실, office, 교실 | the rare
버리 | throw away | waste, 의자, 신문 | home, office | the point
잃어버리 | lose | 지갑, 열쇠, 우산, 가방, 휴대폰, 안경, 장갑, 표 | park, station, market | the involuntary once point
찾 | find | 지갑, 열쇠, 우산, 동전 | park, station, 방, 거실 | the involuntary once point
깨 | break | 접시, 컵, 거울, 꽃병, 창문 | 부엌, 교실, 거실 | a involuntary once point
줍 | pick up | 동전, 낙엽, 돌, 쓰레기 | park | a point
줍 | pick up | 조개 | 바닷가 | a point
모으 | collect | 우표, 동전, 인형, 낙엽 | | generic
심 | plant | 나무, 장미, 해바라기, 소나무, 감자 | garden, farm, 학교 | a
키우 | raise | pet, farm | farm, 집 | a point
기르 | grow | fruit, vegetable, 장미 | farm, garden | generic point
던지 | throw | ball, 돌 | 운동장, park | the point
차 | kick | ball | 운동장, park | the point
잡 | catch | 공 | 운동장, park | the point
자르 | cut | 종이, 사진, 빵 | 교실, 방, 부엌 | the
숨기 | hide | 선물, 돈, 편지, 열쇠, 초콜릿 | 방 | the point rare
풀 | solve | 문제 | study | the
끝내 | finish | 숙제, 일, 보고서, 회의 | study, office | the point rare
시작하 | start | 일, 회의, 수업, 게임, 여행, 휴가 | | the point rare
준비하 | prepare for | 회의, 수업, 여행, 파티, 시험, 휴가 | | the
기다리 | wait for | 버스, 택시 | 정류장, 역 | the
기다리 | wait for | 기차, 지하철 | 역 | the
기다리 | wait for | 비행기 | 공항 | the
외우 | memorize | 시, 노래, 이름 | study, 방 | the
이해하 | understand | 질문, 문제, 이야기, 대답, 비밀, 계획 | | the involuntary point
기억하 | remember | 이름, 약속, 이야기, 꿈, 생일, 대답 | | the involuntary point
잊어버리 | forget | 이름, 약속, 생일, 비밀 | | the involuntary once point
믿 | believe | 이야기, 소식 | | the involuntary point
돕 | help | PERSON | home, 학교, office | the
만나 | meet | PERSON | cafe, park, station, culture, city | the point
기다리 | wait for | PERSON | cafe, park, station | the
부르 | call | PERSON | | the point
초대하 | invite | PERSON | | the point
사랑하 | love | PERSON | | the involuntary point
자 | sleep | | home, 방, 호텔, 기숙사, 거실 | bare
쉬 | rest | | home, 방, 거실, park, hotel | bare
일하 | work | | office, cafe, farm, post, public, city, culture, market | bare
걷 | walk | | park, city, garden | bare
뛰 | run | | park, sport | bare
수영하 | swim | | pool, 바닷가 | bare
산책하 | take a walk | | park, garden | bare
놀 | play | | 놀이터, 마당, 바닷가, 운동장, 집 | bare young
웃 | laugh | | 교실, 집, 극장 | bare rare unplanned
울 | cry | | 방, 집 | bare young rare unplanned
노래하 | sing | | park, 교실, 부엌 | bare
춤추 | dance | | 방, 바닷가, 호텔, 체육관 | bare
여행하 | travel | | country, 제주도 | bare placed over
살 | live | | city, country, 시골, 기숙사 | bare at placed point
넘어지 | fall down | | station, market, 운동장, 마당 | bare involuntary once point
이야기하 | talk | | cafe, park, office, 거실 | bare
요리하 | cook | | 부엌, cafe, 집 | bare
"""

# Verbs of going: the place is where to.
GO_TABLE = "가=go, 오=come, 돌아가=go back, 도착하=arrive, 뛰어가=run"

# stem=English: what it is said of (classes or words of nouns.py).
ADJECTIVE_TABLE = """\
크=big | 가방, 우산, 인형, 시계, 거울, 꽃병, 담요, furniture, zoo, pet, farm, fruit, vegetable, clothes, 나무, 소나무, 텔레비전, 상자
작=small | thing, furniture, pet, fruit, vegetable, clothes, shoes, 카메라, 라디오, 상자
비싸=expensive | thing, furniture, device, clothes, shoes, headwear, handwear, bike, book, 피아노
싸=cheap | fruit, vegetable, clothes, shoes, headwear, thing, device, bike, 의자, 책상
맛있=delicious | dish, food, fruit, meat, 커피, 주스, 우유, 와인
맛없=bad | 커피, 주스, 햄버거, 피자, 국수
맵=spicy | 김치, 떡볶이, 카레, 라면, 비빔밥
달=sweet | fruit, 초콜릿, 과자, 아이스크림, 주스, 고구마
짜=salty | 치즈, 라면, 김치, 소시지, 샐러드, 국수, 생선
시=sour | 오렌지, 귤, 토마토, 와인, 김치, 딸기
뜨겁=hot | 물, 커피, 라면, 고구마, 밥, 국수
차갑=cold | 물, 맥주, 주스, 우유, 콜라, 손
따뜻하=warm | 코트, 스웨터, 장갑, 담요, 빵, 우유, 부츠
시원하=cool | 바람, 맥주, 물, 수박, 주스
신선하=fresh | fruit, vegetable, 생선, 우유, 계란, 고기
예쁘=pretty | clothes, 꽃, 장미, 인형, handwear, 꽃병, 가방, 모자, 구두, 카드
아름답=beautiful | 달, 별, 산, 바다, 하늘, 그림, 노래, 장미, 음악, 강, 공원, 시
멋있=stylish | clothes, shoes, headwear, 오토바이, 가방
귀엽=cute | pet, 원숭이, 인형, 양말, 양, 오리
무섭=scary | 호랑이, 사자, 영화, 꿈, 이야기, 곰
새롭=new | 소식, 계획, 게임
오래되=old | furniture, device, 시계, bike, 사진, 사전, 지도, 기타
깨끗하=clean | 물, clothes, 수건, 접시, 부엌, 창문, 강, 운동화, 담요, 호텔, 화장실
더럽=dirty | clothes, 운동화, 손, 창문, 컵, 강, 수건, 양말
무겁=heavy | furniture, 가방, 상자, 사전, 카메라, 수박, 노트북, 돌
가볍=light | 가방, 노트북, 운동화, 의자, 우산, 카메라, 재킷
두껍=thick | book, 코트, 담요, 스웨터, 종이, 양말
얇=thin | 셔츠, 노트북, 종이, 담요, 잡지, 공책
길=long | 대답, 치마, 편지, 코트, 소설, 영화, 강, 연극, 이야기, 이름, 길
짧=short | 대답, 치마, 바지, 시, 편지, 영화, 연필, 동화, 수업, 회의
높=high | 산, 하늘, 구름, 책장
넓=wide | 길, 강, 책상, 침대
좁=narrow | 길, 침대, 책상
밝=bright | 별, 달, 램프, 거실, 교실, 사진
어둡=dark | 하늘, 길, 거실, 교실, 그림
조용하=quiet | 바다, 음악, 도서관, 공원, 선풍기, 카페, 호텔, 세탁기
시끄럽=noisy | 음악, 교실, 세탁기, 드럼, 시장, 오토바이, 식당
쉽=easy | 시험, 문제, 질문, 책, 숙제, 게임, language
어렵=difficult | 시험, 문제, 질문, 책, 숙제, language, subject, instrument
재미있=interesting | book, show, game, 게임, 수업, 이야기, subject, 여행, 전시회
지루하=boring | book, show, 수업, 회의, 이야기, 야구 경기
중요하=important | 대답, 시험, 회의, 약속, 질문, 소식, 편지, 이메일, 일, 계획
유명하=famous | 그림, 노래, 소설, 영화, 시, 식당, 박물관, 연극
편하=comfortable | 의자, 소파, 침대, shoes, 바지, 베개, 스웨터
위험하=dangerous | 바다, 오토바이, 곰, 호랑이, 길, 게임, 가위, 강
빠르=fast | transport, bike, 컴퓨터, 노트북
느리=slow | 버스, 기차, 컴퓨터, 거북이, 노래, 노트북
이상하=strange | 대답, 꿈, 이야기, 그림, 질문, 영화, 소식, 이름
슬프=sad | 영화, 노래, 소설, 이야기, 시, 소식, 연극
부드럽=soft | 빵, 담요, 베개, 수건, 고기, 스웨터, 두부
딱딱하=hard | 빵, 의자, 과자, 침대, 베개
빨갛=red | 장미, 코트, 가방, 딸기, 지갑, 원피스, 토마토, 우산
파랗=blue | 하늘, 바다, 셔츠, 바지, 가방, 의자, 공, 재킷
노랗=yellow | 바나나, 우산, 참외, 꽃, 셔츠, 해바라기, 원피스, 연필
하얗=white | 달, 토끼, 구름, 셔츠, 양말, 운동화, 접시, 양, 종이
까맣=black | 고양이, 개, 코트, 모자, 염소, 구두, 재킷
특별하=special | 선물, 여행, 반지, 카드, 꿈, 약속
"""

# Adjectives of people: stem=English | past allowed only (feelings of others) or always.
PERSON_ADJECTIVES = (
    "친절하=kind, 똑똑하=smart, 바쁘=busy, 피곤하=tired, 행복하=happy, 건강하=healthy, 부지런하=diligent, "
    "게으르=lazy, 용감하=brave, 유명하=famous, 조용하=quiet, 착하=good, 젊=young, 정직하=honest"
)
MANNER = (
    "빨리=quickly, 천천히=slowly, 조용히=quietly, 열심히=hard, 혼자=alone, 조심스럽게=carefully"
)
DEGREE = "아주=very, 너무=too, 정말=really, 꽤=quite, 조금=a little"
FREQUENCY = "자주=often, 가끔=sometimes, 보통=usually, 항상=always, 거의 매일=almost every day"

TIME_TABLE = {
    "past": "어제=yesterday, 그저께=the day before yesterday, 지난주에=last week, 작년에=last year, "
    "지난달에=last month, 지난주말에=last weekend, 오늘 아침에=this morning, 어제 저녁에=yesterday evening, "
    "어제 오후에=yesterday afternoon, 지난 월요일에=last Monday, 지난 토요일에=last Saturday",
    "future": "내일=tomorrow, 모레=the day after tomorrow, 다음 주에=next week, 다음 달에=next month, "
    "내년에=next year, 이번 주말에=this weekend, 내일 아침에=tomorrow morning, "
    "내일 오후에=tomorrow afternoon, 오늘 저녁에=this evening, 다음 금요일에=next Friday, "
    "다음 일요일에=next Sunday",
    "habit": "매일=every day, 매주=every week, 아침마다=every morning, 저녁마다=every evening, "
    "주말마다=every weekend, 일요일마다=every Sunday",
    "season": "봄에=in spring, 여름에=in summer, 가을에=in autumn, 겨울에=in winter",
}


def _place_noun(place: Place) -> Noun:
    return Noun(place.korean, place.english, "place")


def nouns_named(names: str) -> tuple[Noun, ...]:
    """The nouns of a comma-separated list of classes, nouns and places, without repetition."""
    found: dict[str, Noun] = {}
    for name in filter(None, (part.strip() for part in names.split(","))):
        if name in NOUNS_OF:
            nouns = NOUNS_OF[name]
        else:
            nouns = (NOUN[name] if name in NOUN else _place_noun(PLACE[name]),)
        found.update((noun.korean, noun) for noun in nouns)
    return tuple(found.values())


def places_named(names: str) -> tuple[Place, ...]:
    """The places of a comma-separated list of classes and single places."""
    found: list[Place] = []
    for name in filter(None, (part.strip() for part in names.split(","))):
        found += PLACES_OF.get(name) or (PLACE[name],)
    return tuple(dict.fromkeys(found))


def words_of(table: str) -> tuple[Word, ...]:
    """The words of a table ``korean=english, ...``."""
    return tuple(Word(*text.strip().split("=")) for text in table.split(", "))


def parse_verb(line: str, objects: tuple[Noun, ...] | None = None) -> Verb:
    """A verb from a line of ``VERB_TABLE`` (``objects`` replaces its third column)."""
    stem, english, names, places, rest = (part.strip() for part in line.split("|"))
    article, *flags = rest.split()
    if names == "PERSON":
        flags.append("person")
        names = ""
    elif names:
        flags.append("transitive")
    nouns = nouns_named(names) if objects is None else objects
    return Verb(stem, english, nouns, places_named(places), article, frozenset(flags))


VERBS = tuple(parse_verb(line) for line in VERB_TABLE.splitlines())
GOINGS = words_of(GO_TABLE)
ADJECTIVES = tuple(
    Adjective(*head.strip().split("="), nouns_named(names))
    for head, names in (line.split("|") for line in ADJECTIVE_TABLE.splitlines())
)
PERSON_QUALITIES = words_of(PERSON_ADJECTIVES)
MANNERS, DEGREES, FREQUENCIES = words_of(MANNER), words_of(DEGREE), words_of(FREQUENCY)
TIMES = {
    tense: tuple(Time(*text.split("="), tense) for text in table.split(", "))
    for tense, table in TIME_TABLE.items()
}

TAKERS: dict[Noun, tuple[Verb, ...]] = {}  # the verbs that a noun can be the object of
for _verb in VERBS:
    for _noun in _verb.objects:
        TAKERS[_noun] = (*TAKERS.get(_noun, ()), _verb)
BUY = next(verb for verb in VERBS if verb.korean == "사")
